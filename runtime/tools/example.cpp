// How an app runs a program with the C++ API. Build it against an installed runtime:
//   find_package(mtc REQUIRED)
//   target_link_libraries(app PRIVATE mtc::mtc)

#include <cstdio>
#include <vector>

#include "mtc/mtc.hpp"

namespace {

int Fail(const mtc::api::Error& error) {
  fprintf(stderr, "%s: %s\n", mtc_status_name(error.status()), error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: example MODEL.mtp\n");
    return 2;
  }
  auto program = mtc::api::Program::Load(argv[1]);
  if (!program) return Fail(program.error());

  mtc_session_options options = {};
  options.threads = 2;
  auto session = mtc::api::Session::Create(*program, options);
  if (!session) return Fail(session.error());

  // Ones for each input. Where the caller decides a size, the smallest that the program takes.
  std::vector<std::vector<float>> elements;
  std::vector<mtc::api::Tensor> inputs;
  for (const mtc_signature& input : program->inputs()) {
    if (input.dtype != MTC_F32) {
      fprintf(stderr, "this example fills f32 inputs only\n");
      return 1;
    }
    std::vector<int64_t> dims(input.min_dims, input.min_dims + input.rank);
    size_t count = 1;
    for (const int64_t dim : dims) count *= static_cast<size_t>(dim);
    elements.emplace_back(count, 1.0f);
    inputs.emplace_back(elements.back(), dims);
  }

  auto outputs = session->Run(inputs);
  if (!outputs) return Fail(outputs.error());
  for (const mtc::api::Tensor& output : *outputs) {
    printf("%zu elements", output.count());
    const float* data = output.data<float>();
    if (data != nullptr && output.count() > 0) printf(", the first is %g", data[0]);
    printf("\n");
  }

  // State, such as a cache, outlives runs. What a session saves, it or another one of the program can go on from.
  const std::vector<uint8_t> state = session->SaveState();
  if (state.empty()) return 0;
  printf("%zu bytes of state\n", state.size());
  session->ResetState();
  if (const mtc::api::Error error = session->RestoreState(state)) return Fail(error);
  auto next = session->Run(inputs);
  if (!next) return Fail(next.error());
  for (const mtc::api::Tensor& output : *next) {
    const float* data = output.data<float>();
    if (data != nullptr && output.count() > 0) printf("then it is %g\n", data[0]);
  }
  return 0;
}
