"""What carries rows out of the house: papers and tickets to the local broker, the journal to the cloud.

The two roads are independent: a dead cloud never delays a ticket.
"""
