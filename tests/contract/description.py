"""An OpenAPI document, asked one thing: may this operation answer this?"""

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import jsonschema_rs

_METHODS = {"get", "put", "post", "delete", "patch"}
_MOST = 20


class Description:
    """Operations are found by method and path, schemas by status; each is compiled at its first use."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self._paths: dict[str, dict[str, Any]] = document["paths"]
        self._registry = jsonschema_rs.Registry([(f"urn:{name}", document)])
        self._root = f"urn:{name}#"
        self._tree: dict[str, Any] = {}
        for template in self._paths:
            node = self._tree
            for part in template.strip("/").split("/"):
                node = node.setdefault("{}" if part.startswith("{") else part, {})
            node[""] = template
        self.validator = cache(self._validator)

    def find(self, method: str, path: str) -> str | None:
        """The template of the operation that answers, words before `{parameters}`; None if there is none."""
        return next(
            (
                template
                for template in _walk(self._tree, path.strip("/").split("/"))
                if method.lower() in _METHODS & self._paths[template].keys()
            ),
            None,
        )

    def response(self, method: str, template: str, status: int) -> tuple[str, dict[str, Any]] | None:
        """The key and the description of what the operation answers with this status, if it is described."""
        responses = self._paths[template][method.lower()]["responses"]
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in responses:
                return key, responses[key]
        return None

    def json_pointer(self, method: str, template: str, key: str) -> str | None:
        """Where the schema of that answer's JSON is, if there is one."""
        response = self._paths[template][method.lower()]["responses"][key]
        if "schema" not in response.get("content", {}).get("application/json", {}):
            return None
        steps = ("paths", template, method.lower(), "responses", key, "content", "application/json", "schema")
        return "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)

    def problems(self, pointer: str, value: Any) -> list[str]:
        """What the schema at `pointer` holds against a value, each as `path: reason`; at most twenty."""
        errors = self.validator(pointer).iter_errors(value)
        found = (problem for error in errors for problem in _explain(error))
        return [problem for _, problem in zip(range(_MOST), found, strict=False)]

    def _validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(
            {"$ref": self._root + quote(pointer)}, registry=self._registry, validate_formats=True
        )


def _walk(node: dict[str, Any], parts: list[str]) -> Iterator[str]:
    if not parts:
        if "" in node:
            yield node[""]
        return
    for step in (parts[0], "{}"):
        if step and step in node:
            yield from _walk(node[step], parts[1:])


def _explain(error: jsonschema_rs.ValidationError) -> Iterator[str]:
    """Of alternatives, none of which fits, only the nearest is of interest."""
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf | jsonschema_rs.ValidationErrorKind.OneOfNotValid):
        depth = len(error.instance_path)
        meant = [
            branch
            for branch in kind.context
            # "It is not null", "it is not a list": another alternative is meant.
            if not any(one.kind.name == "type" and len(one.instance_path) == depth for one in branch)
        ]
        if meant:
            for one in min(meant, key=len):
                yield from _explain(one)
            return
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    yield f"${path}: {error.message[:300]}"
