// A model wrapper in C++ with nothing but gRPC: each row's four numbers added up. See ../PROTOCOL.md for how to build it.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <numeric>
#include <vector>

#include "inference.grpc.pb.h"

using namespace inference;
constexpr int64_t kWidth = 4, kMaxRows = 65536, kMaxMessageBytes = 16 << 20;

// Fills the response; or says what is wrong with the request.
std::string Infer(const ModelInferRequest& request, ModelInferResponse* response) {
  response->set_model_name("sum");
  response->set_model_version("1");
  response->set_id(request.id());
  if (request.model_name() != "sum") return "this wrapper serves sum";
  if (!request.model_version().empty() && request.model_version() != "1") return "this wrapper serves version 1";
  if (request.inputs_size() != 1 || request.raw_input_contents_size() != 1) return "expected one input with raw contents";
  const auto& x = request.inputs(0);
  if (x.name() != "x" || x.datatype() != "FP32" || x.shape_size() != 2 || x.shape(1) != kWidth)
    return "expected x: FP32 of shape [rows, 4]";
  const int64_t rows = x.shape(0);
  const std::string& packed = request.raw_input_contents(0);
  if (rows < 1 || rows > kMaxRows || packed.size() != rows * kWidth * sizeof(float))
    return "expected 1 to 65536 rows of 16 bytes, got " + std::to_string(packed.size()) + " bytes";
  for (const auto& output : request.outputs())
    if (output.name() != "sum") return "there is no output " + output.name();
  std::vector<float> values(rows * kWidth), sums(rows);
  std::memcpy(values.data(), packed.data(), packed.size());
  for (int64_t i = 0; i < rows; i++) sums[i] = std::accumulate(&values[i * kWidth], &values[(i + 1) * kWidth], 0.0f);
  auto* sum = response->add_outputs();
  sum->set_name("sum");
  sum->set_datatype("FP32");
  sum->add_shape(rows);
  response->add_raw_output_contents(sums.data(), rows * sizeof(float));
  return "";
}

class Wrapper final : public GRPCInferenceService::Service {
  using Context = grpc::ServerContext;
  grpc::Status ServerLive(Context*, const ServerLiveRequest*, ServerLiveResponse* response) override {
    response->set_live(true);
    return grpc::Status::OK;
  }
  grpc::Status ServerReady(Context*, const ServerReadyRequest*, ServerReadyResponse* response) override {
    response->set_ready(true);
    return grpc::Status::OK;
  }
  grpc::Status ModelReady(Context*, const ModelReadyRequest* request, ModelReadyResponse* response) override {
    response->set_ready(request->name() == "sum");
    return grpc::Status::OK;
  }
  grpc::Status ModelMetadata(Context*, const ModelMetadataRequest* request, ModelMetadataResponse* response) override {
    if (request->name() != "sum") return {grpc::StatusCode::NOT_FOUND, "this wrapper serves sum"};
    response->set_name("sum");
    response->add_versions("1");
    response->set_platform("c++");
    auto *x = response->add_inputs(), *sum = response->add_outputs();
    x->set_name("x"), x->set_datatype("FP32"), x->add_shape(-1), x->add_shape(kWidth);
    sum->set_name("sum"), sum->set_datatype("FP32"), sum->add_shape(-1);
    return grpc::Status::OK;
  }
  grpc::Status ModelInfer(Context*, const ModelInferRequest* request, ModelInferResponse* response) override {
    const std::string wrong = Infer(*request, response);
    return wrong.empty() ? grpc::Status::OK : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, wrong);
  }
  // An error is a message like any other: the stream goes on.
  grpc::Status ModelStreamInfer(
      Context*, grpc::ServerReaderWriter<ModelStreamInferResponse, ModelInferRequest>* stream) override {
    for (ModelInferRequest request; stream->Read(&request);) {
      ModelStreamInferResponse response;
      response.set_error_message(Infer(request, response.mutable_infer_response()));
      if (!response.error_message().empty())
        (*response.mutable_infer_response()->mutable_parameters())["error_code"].set_string_param("INVALID_ARGUMENT");
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }
};

int main(int count, char** arguments) {
  sigset_t stops;  // blocked in all threads, waited for in this one
  sigemptyset(&stops), sigaddset(&stops, SIGTERM), sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  Wrapper wrapper;
  const char* address = count > 1 ? arguments[1] : "127.0.0.1:0";
  int port = 0, signal = 0;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument("grpc.so_reuseport", 0);  // a port that is taken is an error, not shared
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument("grpc.http2.min_recv_ping_interval_without_data_ms", 500);
  builder.AddChannelArgument("grpc.http2.max_ping_strikes", 0);
  builder.RegisterService(&wrapper);
  const auto server = builder.BuildAndStart();
  if (!server || port == 0) {
    std::cerr << "cannot listen on " << address << ": give another address" << std::endl;
    return 1;
  }
  std::cout << R"({"listening": "127.0.0.1:)" << port << R"(", "model": "sum", "version": "1"})" << std::endl;
  sigwait(&stops, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(4));
}
