"""The serverless path as `deploy/cloud/` describes it: stream, function and table, compared, and changed where they differ.

    stream.json -> mapping.json -> function.json (with lambda/kinesis_to_dynamo.py, under role.json) -> table.json

Each file is the body of a call of AWS's API, without what is known only there: the ARNs. What is there is read first and only
a difference is written, so a second application changes nothing. A stream that has more shards than described keeps them.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.aws import AwsError, explained
from isobar.upkeep.cloud import DESCRIPTION, CloudState, Part, described

CODE = DESCRIPTION / "lambda"

POLICY = "isobar"
"""The name of the role's one policy."""

ROLE_SECONDS = 60.0
"""A new role is known to Lambda some seconds after it was made."""

LOOK_SECONDS = 2.0

NOT_THERE = ("ResourceNotFoundException", "NoSuchEntity")
NO_ROLE_YET = "InvalidParameterValueException"

RIGHTS = "to read, create and change the stream, the table, the function, its event source mapping and its role, and iam:PassRole"
REASONS = {"LimitExceededException": "a limit of the account is reached: ask AWS for a higher one, or use fewer shards"}

ClientOf = Callable[[str], Any]
"""The name of a service -> boto3's client for it."""


@dataclass(frozen=True, kw_only=True)
class ServerlessState(CloudState):
    """What there is of the serverless path."""

    stream: str
    function: str
    table: str


def compare(client_of: ClientOf, *, apply: bool = False, folder: Path = DESCRIPTION) -> ServerlessState:
    """Hold stream, table, role, function and mapping against their description; with `apply` change what differs.

    Raises:
        AwsError: a service refuses, or something is there that cannot be changed into what is described.
    """
    stream, table, function = described("stream", folder), described("table", folder), described("function", folder)
    names = stream["StreamName"], function["FunctionName"], table["TableName"]
    with explained(f"the path from {names[0]} to {names[2]}", REASONS, RIGHTS):
        stream_part, stream_arn = _stream(client_of("kinesis"), stream, apply=apply)
        table_part = _table(client_of("dynamodb"), table, apply=apply)
        role_part, role_arn = _role(client_of("iam"), described("role", folder), apply=apply)
        function_part = _function(client_of("lambda"), function, role_arn, apply=apply)
        mapping_part = _mapping(client_of("lambda"), described("mapping", folder), stream_arn, apply=apply)
    parts = [stream_part, table_part, role_part, function_part, mapping_part]
    return ServerlessState(
        parts=[part.applied() for part in parts] if apply else parts,
        is_applied=apply,
        stream=names[0],
        function=names[1],
        table=names[2],
    )


def _found(call: Callable[..., Any], **arguments: Any) -> Any:
    """What a call answers; None where the thing does not exist."""
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_THERE:
            return None
        raise


def _state(found: Any, *, is_same: bool) -> str:
    return "missing" if found is None else "in place" if is_same else "differs"


def _stream(client: Any, wanted: dict[str, Any], *, apply: bool) -> tuple[Part, str | None]:
    name, shards = wanted["StreamName"], wanted["ShardCount"]

    def look() -> Any:
        answer = _found(client.describe_stream_summary, StreamName=name)
        return answer and answer["StreamDescriptionSummary"]

    found = look()
    is_on_demand = bool(found) and found.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
    state = _state(found, is_same=is_on_demand or (bool(found) and found["OpenShardCount"] >= shards))
    if apply and state != "in place":
        if state == "missing":
            client.create_stream(**wanted)
        else:
            client.update_shard_count(StreamName=name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING")
        client.get_waiter("stream_exists").wait(StreamName=name)
        found = look()
    return Part(f"stream {name}", f"{shards} shards or more", state), found and found["StreamARN"]


def _table(client: Any, wanted: dict[str, Any], *, apply: bool) -> Part:
    name = wanted["TableName"]
    answer = _found(client.describe_table, TableName=name)
    found = answer and answer["Table"]
    if found and (found["KeySchema"], _types(found)) != (wanted["KeySchema"], _types(wanted)):
        raise AwsError(
            f"table {name} has another key than deploy/cloud/table.json, and a key cannot be changed: delete it"
        )
    # its throughput is the owner's choice: provisioned or by request, nothing here depends on it
    state = _state(found, is_same=True)
    if apply and state == "missing":
        client.create_table(**wanted)
        client.get_waiter("table_exists").wait(TableName=name)
    return Part(f"table {name}", f"key {wanted['KeySchema'][0]['AttributeName']}", state)


def _types(table: dict[str, Any]) -> dict[str, str]:
    keys = {each["AttributeName"] for each in table["KeySchema"]}
    return {
        each["AttributeName"]: each["AttributeType"]
        for each in table["AttributeDefinitions"]
        if each["AttributeName"] in keys
    }


def _role(client: Any, wanted: dict[str, Any], *, apply: bool) -> tuple[Part, str | None]:
    name, trust, policy = wanted["RoleName"], wanted["AssumeRolePolicyDocument"], wanted["PolicyDocument"]
    answer = _found(client.get_role, RoleName=name)
    role = answer and answer["Role"]
    kept = role and _found(client.get_role_policy, RoleName=name, PolicyName=POLICY)
    is_same = bool(kept) and (role["AssumeRolePolicyDocument"], kept["PolicyDocument"]) == (trust, policy)
    state = _state(role, is_same=is_same)
    if apply and state != "in place":
        if state == "missing":
            role = client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        else:
            client.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        client.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(policy))
    return Part(f"role {name}", "reads the stream, writes the table and logs", state), role and role["Arn"]


def _function(client: Any, wanted: dict[str, Any], role: str | None, *, apply: bool) -> Part:
    name, code = wanted["FunctionName"], _zipped(wanted["Handler"].partition(".")[0])
    variables = wanted["Environment"]["Variables"]
    found = _found(client.get_function_configuration, FunctionName=name)
    kept = found.get("Environment", {}).get("Variables", {}) if found else {}
    plain = {key: wanted[key] for key in ("Runtime", "Handler", "Timeout", "MemorySize")} | {"Role": role}
    has_code = bool(found) and found["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    has_settings = bool(found) and {key: found.get(key) for key in plain} == plain and kept | variables == kept
    state = _state(found, is_same=has_code and has_settings)
    if apply and state == "missing":
        _with_role(lambda: client.create_function(**wanted, Role=role, Code={"ZipFile": code}))
        client.get_waiter("function_active_v2").wait(FunctionName=name)
    elif apply:
        if not has_code:
            client.update_function_code(FunctionName=name, ZipFile=code)
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
        if not has_settings:
            environment = {"Variables": kept | variables}  # what others have set stays
            _with_role(
                lambda: client.update_function_configuration(FunctionName=name, Environment=environment, **plain)
            )
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
    return Part(f"function {name}", f"{wanted['Runtime']}, {wanted['Timeout']} s, {wanted['MemorySize']} MB", state)


def _with_role(call: Callable[[], Any]) -> None:
    """Make a call, and again while the service does not know a new role yet."""
    from botocore.exceptions import ClientError

    deadline = time.monotonic() + ROLE_SECONDS
    while True:
        try:
            call()
        except ClientError as error:
            is_role = error.response["Error"]["Code"] == NO_ROLE_YET and "role" in error.response["Error"]["Message"]
            if not is_role or time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return


def _zipped(module: str) -> bytes:
    """The function's one file; the same bytes each time, so that its hash tells whether it differs."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(f"{module}.py")  # dated 1980
        entry.external_attr = 0o644 << 16  # Lambda's own user reads it
        archive.writestr(entry, (CODE / f"{module}.py").read_bytes())
    return packed.getvalue()


def _mapping(client: Any, wanted: dict[str, Any], stream: str | None, *, apply: bool) -> Part:
    name = wanted["FunctionName"]
    answer = _found(client.list_event_source_mappings, FunctionName=name) if stream else None
    mappings = answer["EventSourceMappings"] if answer else []
    found: Any = next((each for each in mappings if each["EventSourceArn"] == stream), None)
    changeable = {key: value for key, value in wanted.items() if key != "StartingPosition"}
    settings = {key: value for key, value in changeable.items() if key != "FunctionName"}
    state = _state(found, is_same=bool(found) and {key: found.get(key) for key in settings} == settings)
    if apply and state == "missing":
        client.create_event_source_mapping(**wanted, EventSourceArn=stream)
    elif apply and state == "differs":
        client.update_event_source_mapping(UUID=found["UUID"], **changeable)
    return Part(f"mapping of {name}", f"batches of {wanted['BatchSize']}, failed records again", state)
