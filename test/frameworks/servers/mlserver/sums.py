"""A model for MLServer that someone wrote by hand: without a version, and without a word on its signature."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse


class Sums(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        x = NumpyCodec.decode_input(payload.inputs[0])
        if (x < 0).any():
            raise InferenceError("negative numbers are not served here")
        y = x.sum(axis=1, keepdims=True).astype("float32")
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("y", y)])
