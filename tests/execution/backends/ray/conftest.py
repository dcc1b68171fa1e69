"""One cluster for all of these tests, as it takes 10 s to start: a head without CPUs, to which they add nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from helpers.ray_clusters import TOKEN, add_node, cluster_of, kill_node


@pytest.fixture(scope="session", autouse=True)
def _token() -> Iterator[None]:
    """The token of the cluster, also where the first test looks for a cluster that is not there."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in TOKEN.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    with cluster_of(nodes=0) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def node(cluster: Any) -> Iterator[Any]:
    node = add_node(cluster)
    yield node
    kill_node(cluster, node)
