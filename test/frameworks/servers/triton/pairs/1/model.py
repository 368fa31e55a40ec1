"""A model for Triton's Python backend of two inputs, of which one is text, and two outputs."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        text, x = (pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in ("text", "x"))
        decoded = [one.decode() for one in text[:, 0]]
        total = x.sum(axis=1) + np.array([len(one) for one in decoded])
        loud = np.array([[one.upper().encode()] for one in decoded], object)
        outputs = [
            pb_utils.Tensor("total", total.astype(np.float64).reshape(-1, 1)),
            pb_utils.Tensor("loud", loud),
        ]
        wanted = request.requested_output_names()
        return pb_utils.InferenceResponse([output for output in outputs if output.name() in wanted])
