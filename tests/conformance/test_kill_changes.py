"""A server that is killed while its network and its users are changed has every change that it acknowledged, whole, and of
one that it was killed in the midst of either all or nothing."""

import os
import random
import signal
import threading
import time
from collections import Counter

from botocore.exceptions import BotoCoreError, ClientError

from lab import Lab

ROUNDS = 20
THREADS = 4
CONFIG = """
[server.quotas]
vpcs_per_region = 10000
internet_gateways_per_region = 10000
"""
PORTS = (22, 80, 443)


class Thing:
    """Something that is found by its name: what it is, and what it may be while a change is on its way."""

    # Of each kind, the changes: from a state, the next one and the call that makes it.
    def __init__(self, name, clients):
        self.name = name
        self.ec2, self.iam = clients
        self.state = None
        self.pending = ()

    def change(self, dice):
        following, call = dice.choice(self.changes())
        self.pending = (following,)
        call()
        self.state, self.pending = following, ()

    def settle(self, found, what):
        assert found == self.state or found in self.pending, (
            f"{what} {self.name} is {found!r}; acknowledged was {self.state!r}, on its way {self.pending!r}"
        )
        was_pending = bool(self.pending)
        self.state, self.pending = found, ()
        return was_pending

    def tagged(self, **tags):
        return [{"Key": key, "Value": value} for key, value in {"thing": self.name, **tags}.items()]

    def only(self):
        return [{"Name": "tag:thing", "Values": [self.name]}]


class Vpc(Thing):
    """With all that comes with it; two tags are changed at once."""

    def changes(self):
        if self.state is None:
            return [(("1", "1"), self.create)]
        following = str(int(self.state[0]) + 1)
        return [((following, following), lambda: self.retag(following)), (None, self.delete)]

    def create(self):
        tags = [{"ResourceType": "vpc", "Tags": self.tagged(a="1", b="1")}]
        self.id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]

    def retag(self, value):
        self.ec2.create_tags(Resources=[self.id], Tags=[{"Key": "a", "Value": value}, {"Key": "b", "Value": value}])

    def delete(self):
        self.ec2.delete_vpc(VpcId=self.id)

    def look(self, ec2, _):
        found = ec2.describe_vpcs(Filters=self.only())["Vpcs"]
        if not found:
            return None
        [vpc] = found
        self.id = vpc["VpcId"]
        inside = [{"Name": "vpc-id", "Values": [self.id]}]
        assert len(ec2.describe_security_groups(Filters=inside)["SecurityGroups"]) == 1
        assert len(ec2.describe_network_acls(Filters=inside)["NetworkAcls"]) == 1
        assert len(ec2.describe_route_tables(Filters=inside)["RouteTables"]) == 1
        tags = {tag["Key"]: tag["Value"] for tag in vpc["Tags"]}
        return tags["a"], tags["b"]


class Group(Thing):
    """Three rules come and go together."""

    def changes(self):
        if self.state is None:
            return [((), self.create)]
        if self.state:
            return [((), lambda: self.rules(self.ec2.revoke_security_group_ingress))]
        return [(PORTS, lambda: self.rules(self.ec2.authorize_security_group_ingress)), (None, self.delete)]

    def create(self):
        made = self.ec2.create_security_group(GroupName=self.name, Description="kill", VpcId=self.vpc)
        self.id = made["GroupId"]

    def rules(self, call):
        ranges = [{"CidrIp": "10.0.0.0/8"}]
        permissions = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges} for port in PORTS]
        call(GroupId=self.id, IpPermissions=permissions)

    def delete(self):
        self.ec2.delete_security_group(GroupId=self.id)

    def look(self, ec2, _):
        found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [self.name]}])["SecurityGroups"]
        if not found:
            return None
        [group] = found
        self.id = group["GroupId"]
        return tuple(sorted(permission["FromPort"] for permission in group["IpPermissions"]))


class Interface(Thing):
    """Three addresses and two tags are made at once; two addresses come and go together."""

    def changes(self):
        if self.state is None:
            return [(3, self.create)]
        more = (self.state + 2, lambda: self.ec2.assign_private_ip_addresses(
            NetworkInterfaceId=self.id, SecondaryPrivateIpAddressCount=2))
        return [*([more] if self.state < 9 else []), (None, self.delete)]

    def create(self):
        tags = [{"ResourceType": "network-interface", "Tags": self.tagged(more="x")}]
        made = self.ec2.create_network_interface(
            SubnetId=self.subnet, SecondaryPrivateIpAddressCount=2, TagSpecifications=tags
        )
        self.id = made["NetworkInterface"]["NetworkInterfaceId"]

    def delete(self):
        self.ec2.delete_network_interface(NetworkInterfaceId=self.id)

    def look(self, ec2, _):
        found = ec2.describe_network_interfaces(Filters=self.only())["NetworkInterfaces"]
        if not found:
            return None
        [interface] = found
        self.id = interface["NetworkInterfaceId"]
        assert len(interface["TagSet"]) == 2
        return len(interface["PrivateIpAddresses"])


class Gateway(Thing):
    """A gateway, and the route to it."""

    def changes(self):
        if self.state is None:
            return [("made", self.create)]
        return [(None, lambda: self.ec2.delete_internet_gateway(InternetGatewayId=self.id))]

    def create(self):
        tags = [{"ResourceType": "internet-gateway", "Tags": self.tagged()}]
        made = self.ec2.create_internet_gateway(TagSpecifications=tags)
        self.id = made["InternetGateway"]["InternetGatewayId"]

    def look(self, ec2, _):
        found = ec2.describe_internet_gateways(Filters=self.only())["InternetGateways"]
        if not found:
            return None
        self.id = found[0]["InternetGatewayId"]
        return "made"


class User(Thing):
    """A user, its policies and its keys."""

    def changes(self):
        if self.state is None:
            return [((0, 0), lambda: self.iam.create_user(UserName=self.name))]
        policies, keys = self.state
        document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}'
        put = lambda: self.iam.put_user_policy(UserName=self.name, PolicyName=f"p{policies}", PolicyDocument=document)
        drop = lambda: self.iam.delete_user_policy(UserName=self.name, PolicyName=f"p{policies - 1}")
        changes = [((policies + 1, keys), put)]
        if policies:
            changes.append(((policies - 1, keys), drop))
        if keys < 2:
            changes.append(((policies, keys + 1), lambda: self.iam.create_access_key(UserName=self.name)))
        if keys:
            changes.append(((policies, keys - 1), self.drop_key))
        if not policies and not keys:
            changes.append((None, lambda: self.iam.delete_user(UserName=self.name)))
        return changes

    def drop_key(self):
        key = self.iam.list_access_keys(UserName=self.name)["AccessKeyMetadata"][0]["AccessKeyId"]
        self.iam.delete_access_key(UserName=self.name, AccessKeyId=key)

    def look(self, _, iam):
        try:
            policies = len(iam.list_user_policies(UserName=self.name)["PolicyNames"])
        except iam.exceptions.NoSuchEntityException:
            return None
        return policies, len(iam.list_access_keys(UserName=self.name)["AccessKeyMetadata"])


KINDS = (Vpc, Group, Interface, Gateway, User)


def test_acknowledged_changes_survive_kills_whole(tmp_path):
    seed = int(os.environ.get("FLOWLOGD_KILL_SEED", "20261128"))
    dice = random.Random(seed)
    done, midst, refused = Counter(), Counter(), []
    with Lab(tmp_path, CONFIG) as lab:
        first = lab.client("ec2", checked=False)
        vpc = first.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [subnet["SubnetId"] for subnet in first.describe_subnets()["Subnets"]]
        things = [[] for _ in range(THREADS)]
        for number in range(THREADS * 10):
            kind = KINDS[number % len(KINDS)]
            thing = kind(f"{kind.__name__.lower()}-{number}", (None, None))
            thing.vpc, thing.subnet = vpc, subnets[number % len(subnets)]
            things[number % THREADS].append(thing)
        for round_number in range(ROUNDS):
            threads = [
                threading.Thread(target=work, args=(lab, mine, random.Random(dice.random()), done, refused))
                for mine in things
            ]
            for thread in threads:
                thread.start()
            time.sleep(dice.uniform(0.2, 0.6))
            lab.server.end(signal.SIGKILL)
            for thread in threads:
                thread.join()
            assert not refused, refused
            lab.start()
            ec2, iam = (lab.client(service, checked=False) for service in ("ec2", "iam"))
            for thing in (thing for mine in things for thing in mine):
                what = f"seed {seed}, round {round_number}:"
                if thing.settle(thing.look(ec2, iam), what):
                    midst[type(thing).__name__] += 1
    print(f"seed {seed}; {ROUNDS} rounds; acknowledged {dict(done)}; killed in the midst of {dict(midst)}; lost 0, torn 0")
    assert set(done) == {kind.__name__ for kind in KINDS} and sum(midst.values()) >= ROUNDS


def work(lab, things, dice, done, refused):
    """Changes things until the server is gone. Nothing that is asked for here may be refused."""
    # They do not try again by themselves.
    clients = tuple(lab.client(service, checked=False) for service in ("ec2", "iam"))
    for thing in things:
        thing.ec2, thing.iam = clients
    while True:
        thing = dice.choice(things)
        try:
            thing.change(dice)
        except ClientError as error:
            refused.append(error)
            return
        except BotoCoreError:
            return
        done[type(thing).__name__] += 1
