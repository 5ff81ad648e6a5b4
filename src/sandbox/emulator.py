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
