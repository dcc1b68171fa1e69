"""Hidden states from a model that transformers runs in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from coderm_eval.core.errors import ModelError, SettingsError
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.transformers_model import TransformersModel
from coderm_eval.generation.probe.tensors import Tensor
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["HiddenStates"]


class HiddenStates(TransformersModel):
    """Reads each prompt by itself, as `sample` does before it writes the first token.

    Args:
        layer: index into the model's hidden states: 0 the embeddings, -1 the last, after the final norm.

    Raises:
        SettingsError: `settings` do not name a model.
    """

    def __init__(self, settings: SamplingSettings, layer: int) -> None:
        super().__init__(settings)
        self._layer = layer

    @property
    def full_name(self) -> str:
        """The model's name, and the commit of the Hub that it was loaded from."""
        return self._loaded.full_name

    def states(self, requests: Iterable[SampleRequest]) -> Iterator[tuple[str, Tensor]]:
        """Yield (task id, hidden state of the prompt's last token, of shape (width,)), in order.

        Raises:
            ModelError: a model that cannot be loaded, or a prompt that is too long for it or for the GPU.
            SettingsError: the model has no such layer.
        """
        for request in requests:
            yield request.task_id, self._state(request)

    def _state(self, request: SampleRequest) -> Tensor:
        torch = self._loaded.torch
        try:
            with torch.inference_mode():
                states = self._forward(request)
                if not -len(states) <= self._layer < len(states):
                    raise SettingsError(
                        f"--layer is {self._layer}, and {self._name} has {len(states)} layers of hidden states: give 0 "
                        f"(the embeddings) to {len(states) - 1}, or -1 (the last) to {-len(states)}"
                    )
                state: Tensor = states[self._layer][0, -1].float().cpu().numpy()
        except torch.cuda.OutOfMemoryError as error:
            raise ModelError(
                f"{request.task_id}: there is not enough GPU memory for {self._name} to read its prompt: serve it "
                f"(`vllm serve {self._name} --runner pooling --convert embed --port 8001`), and give --backend openai "
                "--base-url http://127.0.0.1:8001/v1"
            ) from error
        return state

    def _forward(self, request: SampleRequest) -> Any:
        """Tensors of shape (1, tokens, width): one for the embeddings, and one for each layer."""
        loaded = self._loaded
        prompt = loaded.encode(request.prompt)
        if loaded.context is not None and len(prompt) > loaded.context:
            raise ModelError(
                f"{request.task_id}: its prompt has {len(prompt)} tokens, and {self._name} reads at most "
                f"{loaded.context}; take a model with a longer context"
            )
        ids = loaded.torch.tensor([prompt], device=loaded.model.device)
        # Without the head, whose logits for a whole prompt would take more memory than all states together.
        return loaded.model.base_model(
            ids,
            attention_mask=loaded.torch.ones_like(ids),
            output_hidden_states=True,
            use_cache=False,
            return_dict=True,
        ).hidden_states
