"""Policies, and identities with clients of their own."""

from lab import ACCOUNT

BY_ACCOUNT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    ],
}


def policy(*actions, effect="Allow", resource="*", **more):
    return {"Effect": effect, "Action": list(actions), "Resource": resource, **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


class Caller:
    """An identity's clients."""

    def __init__(self, lab, key, secret, token=None):
        self.key = key
        self.client = lambda service: lab.client(service, key, secret, token)


def session(lab, caller, role, **more):
    """The caller as a role."""
    answer = caller.client("sts").assume_role(RoleArn=role, RoleSessionName="me", **more)
    mine = answer["Credentials"]
    return Caller(lab, mine["AccessKeyId"], mine["SecretAccessKey"], mine["SessionToken"]), answer
