"""A model for MLServer of two inputs, of which one is text, and two outputs."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Pairs(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        inputs = {one.name: one for one in payload.inputs}
        texts = StringCodec.decode_input(inputs["text"])
        total = NumpyCodec.decode_input(inputs["x"]).sum(axis=1) + np.array([len(text) for text in texts])
        outputs = [
            NumpyCodec.encode_output("total", total.astype("float64")),
            StringCodec.encode_output("loud", [text.upper() for text in texts]),
        ]
        wanted = [output.name for output in payload.outputs or outputs]
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[output for output in outputs if output.name in wanted],
        )
