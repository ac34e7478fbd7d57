// Loads and runs programs with the fake kernels.

#ifndef MTC_TESTS_RUN_PROGRAM_H_
#define MTC_TESTS_RUN_PROGRAM_H_

#include <memory>
#include <string>
#include <vector>

#include "interpreter/handles.h"
#include "mtc/mtc.h"
#include "tests/fake_kernels.h"
#include "tests/program_builder.h"

namespace mtc::test {

struct Unload {
  void operator()(mtc_program* program) const { mtc_program_destroy(program); }
  void operator()(mtc_session* session) const { mtc_session_destroy(session); }
};
using ProgramHandle = std::unique_ptr<mtc_program, Unload>;
using SessionHandle = std::unique_ptr<mtc_session, Unload>;

// Null, and the reason in `error`, if it cannot be loaded.
inline ProgramHandle Load(const std::vector<uint8_t>& file, std::string* error, uint64_t max_memory = 0,
                          Status* status = nullptr) {
  Error reason;
  mtc_program* handle = nullptr;
  const KernelTable tables[] = {FakeKernels()};
  mtc_load_options options = {};
  options.max_memory = max_memory;
  const Status result = LoadProgram(ProgramSource::Memory(file.data(), file.size()), &options, tables, &handle, reason);
  if (error != nullptr) *error = reason.message();
  if (status != nullptr) *status = result;
  return ProgramHandle(handle);
}

inline SessionHandle MakeSession(const mtc_program* program, const mtc_session_options& options = {}) {
  mtc_session* session = nullptr;
  mtc_error error;
  return mtc_session_create(program, &options, &session, &error) == MTC_OK ? SessionHandle(session) : nullptr;
}

struct Array {
  std::vector<int64_t> dims;
  std::vector<float> elements;
};

inline mtc_tensor ToTensor(const Array& array) {
  mtc_tensor tensor = {};
  tensor.data = const_cast<float*>(array.elements.data());
  tensor.size = array.elements.size() * sizeof(float);
  tensor.dtype = MTC_F32;
  tensor.rank = static_cast<uint32_t>(array.dims.size());
  for (size_t i = 0; i < array.dims.size(); ++i) tensor.dims[i] = array.dims[i];
  return tensor;
}

inline mtc_status Run(mtc_session* session, size_t function, const std::vector<Array>& inputs,
                      std::string* error = nullptr) {
  std::vector<mtc_tensor> tensors;
  for (const Array& input : inputs) tensors.push_back(ToTensor(input));
  mtc_error reason;
  const mtc_status status = mtc_session_run(session, function, tensors.data(), tensors.size(), &reason);
  if (error != nullptr) *error = reason.message;
  return status;
}

// Elements of an output of the last run; empty if there is none.
template <typename T = float>
std::vector<T> Output(const mtc_session* session, size_t function = 0, size_t index = 0) {
  mtc_tensor tensor;
  if (mtc_session_output(session, function, index, &tensor) != MTC_OK) return {};
  const T* data = static_cast<const T*>(tensor.data);
  return std::vector<T>(data, data + tensor.size / sizeof(T));
}

}  // namespace mtc::test

#endif  // MTC_TESTS_RUN_PROGRAM_H_
