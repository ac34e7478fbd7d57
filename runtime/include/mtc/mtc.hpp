// The C++17 API: owners and values over mtc.h, header-only, with or without exceptions. Functions that can fail return
// a Result, or an Error that is true if something went wrong. share/mtc/example.cpp of a built runtime shows all of it.

#ifndef MTC_MTC_HPP_
#define MTC_MTC_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mtc/mtc.h"

namespace mtc::api {

// Why something failed; false if nothing did.
class [[nodiscard]] Error {
 public:
  Error() = default;
  Error(mtc_status status, const mtc_error& reason) : status_(status), message_(reason.message) {}
  explicit operator bool() const { return status_ != MTC_OK; }
  mtc_status status() const { return status_; }
  const std::string& message() const { return message_; }

 private:
  mtc_status status_ = MTC_OK;
  std::string message_;
};

// A T, or why there is none. Use `*result` and `result->` only if it is true.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return value_ != nullptr; }
  const Error& error() const { return error_; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
  Error error_;
};

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr mtc_dtype kValue = MTC_F32;
};
template <>
struct DTypeOf<double> {
  static constexpr mtc_dtype kValue = MTC_F64;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr mtc_dtype kValue = MTC_I8;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr mtc_dtype kValue = MTC_U8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr mtc_dtype kValue = MTC_I16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr mtc_dtype kValue = MTC_I32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr mtc_dtype kValue = MTC_I64;
};
template <>
struct DTypeOf<bool> {
  static constexpr mtc_dtype kValue = MTC_BOOL;
};

// A view of a dense, row-major tensor. Inputs point to the caller's elements; outputs hold until the next run.
class Tensor {
 public:
  Tensor() : tensor_() {}
  explicit Tensor(const mtc_tensor& tensor) : tensor_(tensor) {}
  // As many elements as the dims say must stand at `data`. At most MTC_MAX_RANK dims; more fail when the tensor is
  // used.
  template <typename T>
  Tensor(const T* data, const std::vector<int64_t>& dims) : tensor_() {
    tensor_.data = const_cast<T*>(data);  // the runtime only reads inputs
    tensor_.dtype = DTypeOf<T>::kValue;
    tensor_.rank = static_cast<uint32_t>(dims.size());
    for (size_t i = 0; i < dims.size() && i < MTC_MAX_RANK; ++i) tensor_.dims[i] = dims[i];
    tensor_.size = count() * sizeof(T);
  }
  template <typename T>
  Tensor(const std::vector<T>& elements, const std::vector<int64_t>& dims) : Tensor(elements.data(), dims) {
    tensor_.size = elements.size() * sizeof(T);
  }

  mtc_dtype dtype() const { return tensor_.dtype; }
  std::vector<int64_t> dims() const {
    return {tensor_.dims, tensor_.dims + (tensor_.rank < MTC_MAX_RANK ? tensor_.rank : MTC_MAX_RANK)};
  }
  size_t count() const {
    size_t n = 1;
    for (uint32_t i = 0; i < tensor_.rank && i < MTC_MAX_RANK; ++i) n *= static_cast<size_t>(tensor_.dims[i]);
    return n;
  }
  size_t size_bytes() const { return tensor_.size; }
  const void* raw() const { return tensor_.data; }
  // The elements, or null if they are not of this type.
  template <typename T>
  const T* data() const {
    return tensor_.dtype == DTypeOf<T>::kValue ? static_cast<const T*>(tensor_.data) : nullptr;
  }
  // A copy of the elements; empty if they are not of this type.
  template <typename T>
  std::vector<T> to_vector() const {
    const T* from = data<T>();
    return from == nullptr ? std::vector<T>() : std::vector<T>(from, from + count());
  }
  const mtc_tensor& c() const { return tensor_; }

 private:
  mtc_tensor tensor_;
};

// A loaded program. Copies share it; threads may, too.
class Program {
 public:
  static Result<Program> Load(const char* path, const mtc_load_options& options = {}) {
    return Make([&](mtc_program** out, mtc_error* error) { return mtc_program_load_file(path, &options, out, error); });
  }
  static Result<Program> Load(const std::string& path, const mtc_load_options& options = {}) {
    return Load(path.c_str(), options);
  }
  // The memory must stay valid and unchanged as long as the program.
  static Result<Program> Load(const void* data, size_t size, const mtc_load_options& options = {}) {
    return Make(
        [&](mtc_program** out, mtc_error* error) { return mtc_program_load_memory(data, size, &options, out, error); });
  }

  size_t function_count() const { return mtc_program_function_count(c()); }
  // The function's index; function_count() if there is none of this name.
  size_t FindFunction(const std::string& name) const {
    size_t i = 0;
    while (i < function_count() && name != mtc_program_function_name(c(), i)) ++i;
    return i;
  }
  std::vector<mtc_signature> inputs(size_t function = 0) const {
    std::vector<mtc_signature> all(mtc_program_input_count(c(), function));
    for (size_t i = 0; i < all.size(); ++i) mtc_program_input(c(), function, i, &all[i]);
    return all;
  }
  std::vector<mtc_signature> outputs(size_t function = 0) const {
    std::vector<mtc_signature> all(mtc_program_output_count(c(), function));
    for (size_t i = 0; i < all.size(); ++i) mtc_program_output(c(), function, i, &all[i]);
    return all;
  }
  mtc_program* c() const { return program_.get(); }

 private:
  explicit Program(mtc_program* program) : program_(program, mtc_program_destroy) {}
  template <typename LoadFunction>
  static Result<Program> Make(LoadFunction load) {
    mtc_program* program = nullptr;
    mtc_error reason;
    const mtc_status status = load(&program, &reason);
    if (status != MTC_OK) return Error(status, reason);
    return Program(program);
  }

  std::shared_ptr<mtc_program> program_;
};

// Runs a program's functions and owns their state. Used by one thread at a time, but for Cancel.
class Session {
 public:
  static Result<Session> Create(const Program& program, const mtc_session_options& options = {}) {
    mtc_session* session = nullptr;
    mtc_error reason;
    const mtc_status status = mtc_session_create(program.c(), &options, &session, &reason);
    if (status != MTC_OK) return Error(status, reason);
    return Session(program, session);
  }

  // The outputs belong to the session and hold until the next run of the function.
  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs, size_t function = 0) {
    std::vector<mtc_tensor> given;
    for (const Tensor& input : inputs) given.push_back(input.c());
    mtc_error reason;
    const mtc_status status = mtc_session_run(c(), function, given.data(), given.size(), &reason);
    if (status != MTC_OK) return Error(status, reason);
    std::vector<Tensor> outputs;
    for (size_t i = 0; i < mtc_program_output_count(program_.c(), function); ++i) {
      mtc_tensor output;
      if (mtc_session_output(c(), function, i, &output) == MTC_OK) outputs.push_back(Tensor(output));
    }
    return outputs;
  }

  void Cancel() { mtc_session_cancel(c()); }
  void SetStepBudget(uint64_t instructions) { mtc_session_set_step_budget(c(), instructions); }
  void ResetState() { mtc_session_reset_state(c(), nullptr); }
  std::vector<uint8_t> SaveState() const {
    std::vector<uint8_t> state(mtc_session_state_size(c()));
    mtc_session_save_state(c(), state.data(), state.size(), nullptr);
    return state;
  }
  Error RestoreState(const std::vector<uint8_t>& state) {
    mtc_error reason;
    const mtc_status status = mtc_session_restore_state(c(), state.data(), state.size(), &reason);
    return status == MTC_OK ? Error() : Error(status, reason);
  }
  mtc_memory memory() const { return mtc_session_memory(c()); }
  mtc_session* c() const { return session_.get(); }

 private:
  struct Destroy {
    void operator()(mtc_session* session) const { mtc_session_destroy(session); }
  };
  Session(const Program& program, mtc_session* session) : program_(program), session_(session) {}

  Program program_;
  std::unique_ptr<mtc_session, Destroy> session_;
};

}  // namespace mtc::api

#endif  // MTC_MTC_HPP_
