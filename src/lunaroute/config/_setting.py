"""What is said about one setting, in the place where it is declared.

A section is a pydantic model, a setting one of its fields. Everything else that
LunaRoute knows about settings (errors, variables, reference, example file) is read
from here; nothing is said twice.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class About:
    """The facts about a setting that its type and default do not tell."""

    unit: str = ""
    # The environment variable; "{PROVIDER}" stands for the provider's name.
    env: str = ""
    # The command-line flag; one that begins with --no- switches the setting off.
    flag: str = ""
    built: bool = False
    # What the warning about a setting without effect calls the thing not built.
    feature: str = ""
    # Values that hold already without the feature, so that they need no warning.
    holds: list[JsonValue] = field(default_factory=list)
    secret: bool = False
    # Verbatim text with variables of its own: ${...} is not substituted in it.
    template: bool = False
    path: bool = False
    # The file's value wins over the environment's.
    file_first: bool = False
    # This is another spelling of that key; "*" stands for the provider's name.
    same_as: str = ""


class Section(BaseModel):
    """A map of settings; an empty value counts as if its key were not there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    # What a key holds that is not a field, where free names are allowed.
    OTHERS: ClassVar["type[Section] | None"] = None

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            key: value
            for key, value in data.items()
            if value is not None or key not in cls.model_fields
        }


def setting(default: Any, meaning: str, **about: Any) -> Any:
    """Declare one setting; the keywords are the fields of About."""
    return Field(
        default=default,
        description=meaning,
        json_schema_extra=asdict(About(**about)),
    )


def section(kind: type[Section], meaning: str, **about: Any) -> Any:
    """Declare a section; what is said about it holds for the settings in it."""
    return Field(
        default_factory=kind,
        description=meaning,
        json_schema_extra=asdict(About(**about)),
    )


def about(info: FieldInfo) -> About:
    """The facts that were given where the field was declared."""
    return About(**cast("dict[str, Any]", info.json_schema_extra or {}))
