"""Runs one emulator until standard input ends.

The parent holds the other end of standard input, so the emulator goes when the
parent goes, however that ends. The port is chosen by the system and printed.
"""

import os
import socket
import sys
import threading


def end_with_parent():
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def ready(port):
    print(f"port {port}", flush=True)


def principal_of_a_session_is_its_role():
    """AWS gives aws:PrincipalArn of a session as the role's ARN with its path; ministack
    gives the session's own, by which no policy that names a role in a condition applies."""
    from ministack.core import iam_evaluator
    from ministack.services import iam

    resolve = iam_evaluator._resolve_condition_key

    def role_arn(key, context):
        value = resolve(key, context)
        if key.lower() == "aws:principalarn" and ":assumed-role/" in (value or ""):
            name = value.split("/")[1]
            role = iam._roles.get_scoped(context.principal_account, None, name) or {}
            return role.get("Arn", value)
        return value

    iam_evaluator._resolve_condition_key = role_arn


def ministack():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listener.getsockname()[1]
    # Read when the module is imported, for the addresses it hands out.
    os.environ["GATEWAY_PORT"] = str(port)

    import asyncio

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    principal_of_a_session_is_its_role()
    name_with_paths()
    conditional_writes()
    replicas_are_copies()
    objects_of_an_age()
    keys_by_name()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 600
    config.loglevel = "WARNING"
    ready(port)
    asyncio.run(serve(app, config))


def name_with_paths():
    """ministack asks policies about roles, users and policies without their paths; AWS with them."""
    from ministack.core import iam_actions
    from ministack.services import iam

    without_paths = iam_actions.extract_resource_arn
    made = {"CreateRole": "role", "CreateUser": "user", "CreatePolicy": "policy"}
    kept = {"RoleName": iam._roles, "UserName": iam._users}

    def extract_resource_arn(service, method, path, headers, body, query_params, region, account):
        arguments = (service, method, path, headers, body, query_params, region, account)
        arn = without_paths(*arguments)
        if service != "iam":
            return arn

        def parameter(name):
            return iam_actions._query_param(query_params, name)

        kind = made.get(parameter("Action"))
        if kind:
            name = parameter(f"{kind.capitalize()}Name")
            return f"arn:aws:iam::{account}:{kind}{parameter('Path') or '/'}{name}"
        for name, things in kept.items():
            thing = things.get(parameter(name)) if parameter(name) else None
            if thing:
                return thing["Arn"]
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn


def conditional_writes():
    """Condition keys of S3 that ministack lacks: whether a write is conditional, and whether it makes an object."""
    from ministack.core import iam_actions

    without_keys = iam_actions.s3_service_context

    def s3_service_context(action, query_params, path="", headers=None):
        context = without_keys(action, query_params, path, headers)
        if action == "s3:PutObject":
            # The parts of a multipart upload, and its beginning, make no object.
            part = iam_actions._query_param(query_params or {}, "partNumber")
            begins = "uploads" in (query_params or {})
            context["s3:ObjectCreationOperation"] = "false" if part or begins else "true"
            for name in ("if-none-match", "if-match"):
                if (headers or {}).get(name):
                    context[f"s3:{name}"] = headers[name]
        return context

    iam_actions.s3_service_context = s3_service_context


def replicas_are_copies():
    """A replica has the version id of what it is a copy of, and its retention or else the one of the bucket that it comes
    to; ministack gives it an id of its own and no retention."""
    from ministack.core import iam_evaluator
    from ministack.services import s3

    replicate, record, lock = (
        s3._maybe_replicate,
        s3._record_object_version,
        s3._apply_object_lock_from_headers,
    )

    def maybe_replicate(bucket, key, obj, data, tags=None):
        # What was copied from another object is not that one's replica.
        obj.pop("_replica", None)
        replicate(bucket, key, obj, data, tags)

    def record_object_version(bucket, key, prior, obj, data):
        version = record(bucket, key, prior, obj, data)
        if version and obj.get("_replica"):
            name, made, account = obj["_replica"]
            with s3._in_account(account):
                kept = s3._object_versions.get((name, key), [])
                for copy in [*kept, s3._buckets[name]["objects"].get(key) or {}]:
                    if copy.get("version_id") == made:
                        copy["version_id"] = version
                lock(name, key, {}, version)
            obj["_replica"] = (name, version, account)
        return version

    def apply_object_lock_from_headers(bucket, key, headers, version=None):
        lock(bucket, key, headers, version)
        retention = s3._object_retention.get((bucket, key, version))
        obj = s3._buckets[bucket]["objects"].get(key) or {}
        if retention and obj.get("_replica"):
            name, _, account = obj["_replica"]
            with s3._in_account(account):
                s3._object_retention[(name, key, version)] = dict(retention)

    # S3 copies over TLS, whatever reaches ministack itself.
    resolve = iam_evaluator._resolve_condition_key
    copying = {"s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner"}

    def over_tls(key, context):
        if key.lower() == "aws:securetransport" and context.action in copying:
            return "true"
        return resolve(key, context)

    iam_evaluator._resolve_condition_key = over_tls
    s3._maybe_replicate = maybe_replicate
    s3._record_object_version = record_object_version
    s3._apply_object_lock_from_headers = apply_object_lock_from_headers


def objects_of_an_age():
    """A seed's objects were written so many days ago, which goes with the request as metadata."""
    from datetime import datetime, timedelta, timezone

    from ministack.services import s3

    young = s3._build_object_record

    def build_object_record(body, headers, *more, **named):
        obj = young(body, headers, *more, **named)
        for name in list(obj["metadata"]):
            if name.endswith("backstay-sandbox-age"):
                days = int(obj["metadata"].pop(name))
                then = datetime.now(timezone.utc) - timedelta(days=days)
                obj["last_modified"] = then.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return obj

    s3._build_object_record = build_object_record


def keys_by_name():
    """A seed's key has the id that it is named by, which goes with the request as a tag."""
    from ministack.services import kms

    resolve = kms._create_key

    def create_key(data):
        tags = data.get("Tags", [])
        names = [tag["TagValue"] for tag in tags if tag["TagKey"] == "backstay:sandbox-id"]
        before = set(kms._keys.keys())
        if names and names[0] in before:
            return kms._describe_key({"KeyId": names[0]})
        answer = resolve(data)
        for made in set(kms._keys.keys()) - before:
            if names:
                key = kms._keys.pop(made)
                key.update(KeyId=names[0], Arn=kms._arn(names[0]), Tags=[])
                kms._keys[names[0]] = key
        return answer

    kms._create_key = create_key


def moto():
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler
    )
    MotoRequestHandler.log_request = lambda *_: None
    ready(server.server_port)
    # The first request would otherwise wait for these.
    threading.Thread(target=lambda: __import__("moto.rds.responses"), daemon=True).start()
    server.serve_forever()


threading.Thread(target=end_with_parent, daemon=True).start()
{"ministack": ministack, "moto": moto}[sys.argv[1]]()
