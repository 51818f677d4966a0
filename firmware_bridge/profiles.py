"""What is known of printers before anybody asked one: groups of models, and of each capability whether it works and how
that is known. Data and two small functions.

Nothing here was tried by us on a real printer. `documented` means that a source says so of this model, named in the
comment behind it; all else is `unverified`, and what no source says is left out: unknown. Sources disagree with
printers now and then, which is what a probe is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.contract.findings import Ability, Capability
from gateway.contract.findings_words import CAPABILITIES


def _documented(state: Ability, note: str = "") -> Capability:
    return Capability(state, "documented", note)


def _unverified(state: Ability = "unknown", note: str = "") -> Capability:
    return Capability(state, "unverified", note)


@dataclass(frozen=True)
class Profile:
    """A group of models. `says` are the models by which they call themselves (GS I 67), which are not to be trusted."""

    title: str
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    says: tuple[str, ...] = ()


_WORKS = _documented("works")
_DOES_NOT = _documented("does_not")
_MAYBE = _unverified("works")
# A point-of-sale program for Chinese restaurants (2018) chose its proof by this table of models, over
# TCP 9100; its authors say that much depends on model and version. Named [table] below.
_BOTH_FENCES = {"gs_r": _WORKS, "gs_h": _WORKS}  # [table]

PROFILES: dict[str, Profile] = {
    "epson_tm_u220": Profile(
        "Epson TM-U220B (impact)",
        {
            "gs_r": _WORKS,  # [table]
            "gs_h": _DOES_NOT,  # Epson, ESC/POS reference of the TM-L90: GS ( H is not on the TM-U210, U220, U230, U300
            "asb": _WORKS,  # Epson, TM-U220 technical guide, GS a
            "dle_eot": _WORKS,  # the same
            "raster": _DOES_NOT,  # Epson, ESC/POS reference, GS v 0: not on TM-U220, U230, P60, P60II
            "qr": _unverified("does_not"),
            "flow_control": _MAYBE,
        },
        says=("TM-U220", "TM-U220B"),
    ),
    "epson_tm_t88iii": Profile(
        "Epson TM-T88III",
        {
            "dle_eot": _WORKS,  # Epson, TM-T88III specification, appendix G
            "asb": _WORKS,  # the same, p. 143
            "gs_r": _WORKS,  # the same, p. 334
            "gs_h": _DOES_NOT,  # Epson, ESC/POS reference of the TM-L90: not on the TM-T88III
            "flow_control": _WORKS,  # TM-T88III specification, p. 23: DTR/DSR or XON/XOFF by its switches
        },
        says=("TM-T88III",),
    ),
    "epson_tm_t60": Profile("Epson T60, 901, 903", _BOTH_FENCES),
    "epson_tm_t_m": Profile(
        "Epson TM-T20 to T20IV, T81III to T83IV, T88IV to T88VII, m10 to m50II",
        {
            "gs_h": _WORKS,  # Epson, ESC/POS reference (web), GS ( H, function 48, its list of models
            "gs_r": _MAYBE, "dle_eot": _MAYBE, "asb": _MAYBE, "qr": _MAYBE, "cutter": _MAYBE,
        },
        says=("TM-T20", "TM-T20II", "TM-T20III", "TM-T82III", "TM-T88IV", "TM-T88V", "TM-T88VI", "TM-T88VII",
              "TM-m30", "TM-m30II", "TM-m30III", "TM-m50"),
    ),
    "gprinter_gp_l80250": Profile("Gprinter GP-L80250, GP-L80250II", _BOTH_FENCES),
    "sprt_pos88": Profile("SPRT SP-POS88V, 88VM, 88VBT", _BOTH_FENCES),
    "iprt_t801m": Profile("iPRT T801M", _BOTH_FENCES),
    "xprinter_xp_s260m": Profile(
        "Xprinter XP-S260M",
        {
            # A laboratory's note about one unit on a network: 16, 37 22 50 30 30 31 00, 00. It calls itself TM-T88III.
            "dle_eot": _WORKS, "gs_h": _WORKS, "gs_r": _WORKS,
        },
        says=("TM-T88III",),
    ),
    "xprinter_xp_300": Profile(
        "Xprinter XP-300",
        {"gbk": _WORKS},  # DantSu's Android library, issues 185, 462: Chinese until FS ., again after ESC @
    ),
    "rongta_rp80": Profile(
        "Rongta RP80",
        {"gs_h": _unverified()},  # its manual shows GS I as "TM-T88V"; of GS ( H nobody says anything
        says=("TM-T88V",),
    ),
    "hprt_tp80k": Profile(
        "HPRT TP80K",
        {"gs_r": _documented("works", "serial_only")},  # HPRT, TP80K manual, p. 71: "only valid for serial printer"
    ),
    "cashino_kp300": Profile("Cashino KP-300", {"gs_r": _WORKS}),  # its command list: GS r 1 in turn
    "zijiang_zj": Profile(
        "Zijiang ZJ-58, ZJ-80",
        {
            "gbk": _documented("works", "size_by_fs"),  # ZJ-58 manual, p. 61 to 68
            "asb": _unverified(),  # the same: "depends on the model"
        },
    ),
    "rpp_inner": Profile("RPPInnerPrinter (inside Android tills)", {"dle_eot": _DOES_NOT}),  # reports: no answer, ever
    "generic_58": Profile(
        "a 58 mm printer without a name",
        {"dle_eot": _unverified("unknown", "first_late"), "gs_r": _unverified("unknown", "old_boards")},
    ),
    "generic_80": Profile(
        "an 80 mm printer without a name",
        # Vendors' sheets name a status port 4000 on network boards; two of them disagree about what it says.
        {
            "dle_eot": _MAYBE, "gs_r": _MAYBE, "qr": _MAYBE, "cutter": _MAYBE, "gbk": _MAYBE,
            "status_port": _unverified(),
        },
    ),
}
NARROW = 32
"""Columns of 58 mm paper."""


def profile_for(model_said: str, columns: int) -> str:
    """The profile to hold beside a printer of which nobody said what it is: by what it calls itself where that fits one
    group only, else by its paper. Either is a guess; `merged` must be told so."""
    fitting = [key for key, profile in PROFILES.items() if model_said in profile.says]
    if len(fitting) == 1:
        return fitting[0]
    return "generic_58" if columns <= NARROW else "generic_80"


def merged(profile: str, found: Mapping[str, Capability], *, certain: bool) -> dict[str, Capability]:
    """Every capability, in the order of CAPABILITIES. What this printer answered stands before what its papers say; of
    a guessed profile (`certain` false) nothing counts as documented."""
    known = PROFILES[profile].capabilities
    whole: dict[str, Capability] = {}
    for name in CAPABILITIES:
        paper, probed = known.get(name, Capability()), found.get(name, Capability())
        if probed.state != "unknown":
            differs = certain and paper.known == "documented" and paper.state not in ("unknown", probed.state)
            whole[name] = Capability(probed.state, "probed", "differs" if differs else probed.note)
        else:
            how = paper.known if certain else "unverified"
            whole[name] = Capability(paper.state, how, probed.note or paper.note)
    return whole
