"""Names of the allergens that menus and guests speak of. What is not in the list is shown as it was written."""

from __future__ import annotations

from gateway.domain.texts import pick

NAMES = {
    "peanut": {"zh-Hans": "花生", "en": "peanut"},
    "tree-nut": {"zh-Hans": "坚果", "en": "tree nuts"},
    "soy": {"zh-Hans": "大豆", "en": "soy"},
    "milk": {"zh-Hans": "牛奶", "en": "milk"},
    "egg": {"zh-Hans": "鸡蛋", "en": "egg"},
    "wheat": {"zh-Hans": "小麦", "en": "wheat"},
    "gluten": {"zh-Hans": "麸质", "en": "gluten"},
    "sesame": {"zh-Hans": "芝麻", "en": "sesame"},
    "fish": {"zh-Hans": "鱼", "en": "fish"},
    "crustacean": {"zh-Hans": "虾蟹", "en": "crustaceans"},
    "mollusc": {"zh-Hans": "贝类", "en": "molluscs"},
    "celery": {"zh-Hans": "芹菜", "en": "celery"},
    "mustard": {"zh-Hans": "芥末", "en": "mustard"},
    "lupin": {"zh-Hans": "羽扇豆", "en": "lupin"},
    "sulphite": {"zh-Hans": "亚硫酸盐", "en": "sulphites"},
}


def allergen_name(allergen: str, language: str) -> str:
    names = NAMES.get(allergen)
    return pick(names, language) if names else allergen
