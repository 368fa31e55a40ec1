"""The protocol's calls, each a few lines: convert in, ask, convert out."""

import asyncio

import grpc

from . import messages as pb
from .incoming import decode_request
from .inference import Inference, Outcome
from .refusal import Refusal
from .request import unknown_model
from .stream import InferStream
from .tensors import Tensor

SERVICE = "inference.GRPCInferenceService"
WRAPPER_NAME = "skysail-wrapper"
WRAPPER_VERSION = "1"
EXTENSION = "skysail"


class InferenceService:
    def __init__(self, inference: Inference, *, platform: str, properties: dict[str, str]) -> None:
        self._inference = inference
        self._platform = platform
        self._properties = properties
        self._streams: set[InferStream] = set()

    def add_to(self, server: grpc.aio.Server) -> None:
        handlers = {
            "ServerLive": _unary(self._server_live, pb.ServerLiveRequest),
            "ServerReady": _unary(self._server_ready, pb.ServerReadyRequest),
            "ServerMetadata": _unary(self._server_metadata, pb.ServerMetadataRequest),
            "ModelReady": _unary(self._model_ready, pb.ModelReadyRequest),
            "ModelMetadata": _unary(self._model_metadata, pb.ModelMetadataRequest),
            # Requests that decode into a value also when malformed, and answers encoded where they were computed.
            "ModelInfer": grpc.unary_unary_rpc_method_handler(self._infer, decode_request, _serialize),
            "ModelStreamInfer": grpc.stream_stream_rpc_method_handler(self._stream, decode_request, None),
        }
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])

    def end_streams(self) -> None:
        for stream in self._streams:
            stream.end()

    async def _server_live(self, request: pb.ServerLiveRequest, context: object) -> pb.ServerLiveResponse:
        return pb.ServerLiveResponse(live=True)

    async def _server_ready(self, request: pb.ServerReadyRequest, context: object) -> pb.ServerReadyResponse:
        return pb.ServerReadyResponse(ready=self._inference.is_serving)

    async def _server_metadata(self, request: pb.ServerMetadataRequest, context: object) -> pb.ServerMetadataResponse:
        return pb.ServerMetadataResponse(name=WRAPPER_NAME, version=WRAPPER_VERSION, extensions=[EXTENSION])

    async def _model_ready(self, request: pb.ModelReadyRequest, context: object) -> pb.ModelReadyResponse:
        known = unknown_model(request.name, request.version, self._inference.served) is None
        return pb.ModelReadyResponse(ready=known and self._inference.is_serving)

    async def _model_metadata(
        self, request: pb.ModelMetadataRequest, context: grpc.aio.ServicerContext
    ) -> pb.ModelMetadataResponse:
        served = self._inference.served
        unknown = unknown_model(request.name, request.version, served)
        if unknown is not None:
            await _abort(context, unknown)
        return pb.ModelMetadataResponse(
            name=served.name,
            versions=[served.version],
            platform=self._platform,
            inputs=map(_metadata_of, served.signature.inputs),
            outputs=map(_metadata_of, served.signature.outputs),
            properties=self._properties,
        )

    async def _infer(self, request: object, context: grpc.aio.ServicerContext) -> pb.ModelInferResponse:
        answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(outcome: Outcome) -> None:
            # Done already when the caller left.
            if not answered.done():
                answered.set_result(outcome)

        job = self._inference.infer(request, lambda outcome: outcome, settle)
        try:
            outcome = await answered
        except asyncio.CancelledError:
            if job is not None:
                job.abandoned = True
            raise
        if isinstance(outcome, Refusal):
            await _abort(context, outcome)
        return outcome

    async def _stream(self, requests: object, context: grpc.aio.ServicerContext) -> None:
        stream = InferStream(context, self._inference)
        self._streams.add(stream)
        if not self._inference.is_serving:
            stream.end()
        try:
            await stream.serve()
        finally:
            self._streams.discard(stream)


def _unary(behaviour: object, request_type: type) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(behaviour, request_type.FromString, _serialize)


def _serialize(message: object) -> bytes:
    return message.SerializeToString()


async def _abort(context: grpc.aio.ServicerContext, refused: Refusal) -> None:
    await context.abort(grpc.StatusCode[refused.code], refused.message)


def _metadata_of(spec: Tensor) -> pb.ModelMetadataResponse.TensorMetadata:
    return pb.ModelMetadataResponse.TensorMetadata(name=spec.name, datatype=spec.datatype, shape=(-1, *spec.shape))
