"""Sections of settings: their base class, and how they are read, merged and checked. Knows no section.

Each stage declares its own section beside its code; `pipeline/settings.py` puts them together.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.core.setting_errors import describe

__all__ = [
    "CONFIG_VARIABLE",
    "Section",
    "flags_to_settings",
    "in_current_names",
    "merge",
    "parse_section",
    "read_yaml",
]

log = logging.getLogger(__name__)

CONFIG_VARIABLE = "CODERM_CONFIG"
"""Environment variable that names a YAML file of settings, for hosts without a --config flag."""


class Section(BaseModel):
    """Some settings of one stage: frozen, and strict about keys.

    A key or value that was renamed keeps its earlier spelling until 1.0: declare it in `renamed` or `renamed_values`.
    Other names of a key stand there as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)

    renamed: ClassVar[Mapping[str, str]] = {}
    """{earlier or other key: key of today}."""
    renamed_values: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """{key of today: {earlier value: value of today}}."""

    @classmethod
    def in_current_names(cls, given: Any, path: str = "") -> Any:
        """`given` with all keys and values as they are spelled today, those of sections within included.

        Args:
            path: of this section, for messages, with a dot at its end.

        Raises:
            ValueError: a key is given under both names.
        """
        if not isinstance(given, Mapping):
            return given
        current: dict[str, Any] = {}
        for key, value in given.items():
            name = cls.renamed.get(key, key)
            if name in current or (name != key and name in given):
                raise ValueError(f"{path}{key} and {path}{name} are names of one setting: give one of the two")
            current[name] = cls._current_value(name, value, path)
        return current

    @classmethod
    def _current_value(cls, name: str, value: Any, path: str) -> Any:
        section = cls._section_at(name)
        if section is not None:
            return section.in_current_names(value, f"{path}{name}.")
        return cls.renamed_values.get(name, {}).get(value, value) if isinstance(value, str) else value

    @classmethod
    def _section_at(cls, name: str) -> type[Section] | None:
        field = cls.model_fields.get(name)
        kind = field.annotation if field else None
        return kind if isinstance(kind, type) and issubclass(kind, Section) else None

    @model_validator(mode="before")
    @classmethod
    def _earlier_names_are_understood(cls, given: Any) -> Any:
        return cls.in_current_names(given)


AnySection = TypeVar("AnySection", bound=Section)


def parse_section(section: type[AnySection], given: Mapping[str, Any], source: str) -> AnySection:
    """The section that was `given`; `source` is what messages call it.

    Raises:
        SettingsError: an unknown key, with the nearest known one, or a value that cannot be used.
    """
    try:
        return section.model_validate(given)
    except ValidationError as error:
        raise SettingsError(f"{source}: {describe(section, error.errors()[0])}") from error


def in_current_names(section: type[Section], given: Mapping[str, Any], source: str) -> dict[str, Any]:
    """`given` with all keys and values as they are spelled today; `source` is what messages call it.

    Raises:
        SettingsError: a key is given under both names.
    """
    try:
        current: dict[str, Any] = section.in_current_names(given)
    except ValueError as error:
        raise SettingsError(f"{source}: {error}") from error
    return current


class _DuplicateKeyError(yaml.YAMLError):
    """A key stands twice in one mapping: of the two values YAML would take the last."""


class _UniqueKeys(yaml.SafeLoader):
    """Loads YAML as `yaml.safe_load` does, but no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise _DuplicateKeyError(f"{line}: the key {key.value!r} is there twice; leave one of them out")
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        SettingsError: the file cannot be read, is no YAML, or holds something else.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), _UniqueKeys)
    except _DuplicateKeyError as error:
        raise SettingsError(f"{path}:{error}") from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: not a readable YAML file ({single_line(error)})") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected settings such as `n: 20`, found {content!r:.60}")
    log.debug("%s: settings of %s", path, ", ".join(map(str, content)))
    return content


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with what `over` says in its place, section by section."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return merged


def flags_to_settings(flags: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """Flags under the keys of the settings that they stand for; a flag that is None was not given and is left out.

    Args:
        flags: values by the flags' names; those without a key are no settings.
        keys: by the flags' names, keys such as "tests.file".
    """
    settings: dict[str, Any] = {}
    for flag, key in keys.items():
        value = flags.get(flag)
        if value is not None:
            *sections, name = key.split(".")
            nested = {name: value}
            for section in reversed(sections):
                nested = {section: nested}
            settings = merge(settings, nested)
    return settings
