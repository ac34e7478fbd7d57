#include "interpreter/session.h"

#include <cstring>
#include <new>

#include "core/poison.h"
#include "selected_parts.h"

namespace mtc {

Session::Session(const LinkedProgram& program) : program_(program) {
  environment_.program = &program;
  frames_.Resize(Count(program.tables().functions()));
}

Status Session::Create(const SessionOptions& options, Error& error) {
  const uint64_t program_limit = program_.program().max_memory();
  const bool is_program_stricter =
      program_limit != 0 && (options.max_memory == 0 || program_limit < options.max_memory);
  environment_.max_memory = is_program_stricter ? program_limit : options.max_memory;

  // Each state has the guard of the next one behind it; the block has those at the ends.
  uint64_t bytes = 0;
  List<uint64_t> offsets;
  for (uint32_t i = 0; i < Count(program_.tables().states()); ++i) {
    const schema::State& state = *program_.tables().states()->Get(i);
    uint64_t size = 0;
    if (!ByteSize(ToDType(state.dtype()), Items(state.dims()), &size)) {
      return error.Report(Status::kInvalidProgram, "state `%s` has an impossible size", Text(state.name()));
    }
    offsets.Add(bytes);
    state_sizes_.Add(static_cast<size_t>(size));
    bytes += AlignUp(size) + kGuard;
  }
  if ((environment_.max_memory != 0 && bytes > environment_.max_memory) || !state_memory_.Allocate(bytes)) {
    return error.Report(Status::kOutOfMemory, "no memory for the states: %llu bytes",
                        static_cast<unsigned long long>(bytes));
  }
  Poison(state_memory_.data(), static_cast<size_t>(bytes));
  for (size_t i = 0; i < offsets.size(); ++i) {
    states_.Add(state_memory_.data() + offsets[i]);
    Unpoison(states_[i], state_sizes_[i]);
  }
  environment_.states = {states_.data(), states_.size()};
  environment_.state_bytes = bytes;
  ResetState();

  if (kRunsKernels && options.threads > 1) {
    threads_.reset(ThreadPool::Create(options.threads));
    if (threads_ == nullptr) return error.Report(Status::kOutOfMemory, "no %u threads", options.threads);
    environment_.threads = threads_.get();
  }
  if (options.is_profiling) {
    profiler_ = std::make_unique<Profiler>();
    environment_.profiler = profiler_.get();
  }
  return Status::kOk;
}

Status Session::Run(uint32_t function, Span<const Tensor* const> inputs, Error& error) {
  if (function >= frames_.size()) {
    return error.Report(Status::kInvalidArgument, "the program has %zu functions; %u was asked for", frames_.size(),
                        function);
  }
  if (frames_[function] == nullptr) frames_[function] = std::make_unique<Frame>(environment_, function);
  environment_.error = &error;
  environment_.steps = 0;
  if (profiler_ != nullptr) profiler_->Begin();
  const Status status = frames_[function]->Run(inputs);
  environment_.error = nullptr;
  environment_.is_cancelled.store(false, std::memory_order_relaxed);
  return status;
}

const Tensor* Session::output(uint32_t function, uint32_t index) const {
  if (function >= frames_.size() || frames_[function] == nullptr) return nullptr;
  const Frame& frame = *frames_[function];
  return frame.has_results() && index < frame.output_count() ? &frame.output(index) : nullptr;
}

size_t Session::state_size() const {
  size_t bytes = 0;
  for (const size_t size : state_sizes_) bytes += size;
  return bytes;
}

void Session::ResetState() {
  for (uint32_t i = 0; i < states_.size(); ++i) {
    if (state_sizes_[i] == 0) continue;
    const int32_t initial = program_.tables().states()->Get(i)->initial();
    if (initial < 0) {
      memset(states_[i], 0, state_sizes_[i]);
    } else {
      memcpy(states_[i], program_.program().constant(static_cast<uint32_t>(initial)), state_sizes_[i]);
    }
  }
}

void Session::SaveState(uint8_t* to) const {
  for (size_t i = 0; i < states_.size(); ++i) {
    if (state_sizes_[i] != 0) memcpy(to, states_[i], state_sizes_[i]);
    to += state_sizes_[i];
  }
}

void Session::RestoreState(const uint8_t* from) {
  for (size_t i = 0; i < states_.size(); ++i) {
    if (state_sizes_[i] != 0) memcpy(states_[i], from, state_sizes_[i]);
    from += state_sizes_[i];
  }
}

}  // namespace mtc
