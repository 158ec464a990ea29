"""The OpenAPI document: what ninja knows of each operation, and how every operation may refuse."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_ERROR = {
    "type": "object",
    "title": "Failure",
    "description": "The one form of every failure.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "description": "Stable, for programs."},
                "message": {"type": "string", "description": "A plain sentence, for people."},
                "details": {"type": "object"},
            },
        }
    },
}
_REFUSALS = {
    "401": "No token, or one that is not valid.",
    "403": "The account may not do this.",
    "404": "It does not exist, or not for this account.",
    "409": "It does not fit the present state.",
    "422": "The input does not fit; `details` may name the fields.",
    "4XX": "Refused for another reason that the code names.",
}
_BYTES = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


class DocumentedAPI(NinjaAPI):
    """An API whose document tells the refusals too."""

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        """The document, complete."""
        document = super().get_openapi_schema(**more)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Failure"] = _ERROR
        for item in document["paths"].values():
            for method in _METHODS:
                if method in item:
                    _complete(method, item[method])
        return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    # Ninja keeps numbers, which JSON makes text.
    answers = {str(status): answer for status, answer in operation["responses"].items()}
    operation["responses"] = answers
    if "media" in operation.get("tags", ()):
        operation["security"] = [{"Bearer": []}]
        answers["200"] = {"description": "The bytes.", "content": _BYTES}
        answers["206"] = {"description": "The bytes that were asked for.", "content": _BYTES}
        answers["304"] = {"description": "Not changed."}
    if method == "head":
        # GET and HEAD are one function; names in the document are unique.
        operation["operationId"] += "_head"
    for status, words in _REFUSALS.items():
        if _may(status, method, operation):
            answers.setdefault(status, _refusal(words, has_body=method != "head"))


def _may(status: str, method: str, operation: dict[str, Any]) -> bool:
    if status == "401":
        return bool(operation.get("security"))
    if status == "409":
        return method not in {"get", "head"}
    return True


def _refusal(words: str, *, has_body: bool) -> dict[str, Any]:
    if not has_body:
        return {"description": words}
    schema = {"$ref": "#/components/schemas/Failure"}
    return {"description": words, "content": {"application/json": {"schema": schema}}}
