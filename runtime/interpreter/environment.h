#ifndef MTC_INTERPRETER_ENVIRONMENT_H_
#define MTC_INTERPRETER_ENVIRONMENT_H_

#include <atomic>
#include <cstdint>

#include "core/span.h"
#include "core/status.h"
#include "core/thread_pool.h"
#include "interpreter/linker.h"
#include "interpreter/profiler.h"

namespace mtc {

// What the frames of one session share.
struct Environment {
  const LinkedProgram* program = nullptr;
  ThreadPool* threads = nullptr;
  Span<uint8_t* const> states;
  Profiler* profiler = nullptr;  // null: off
  Error* error = nullptr;        // of the call in progress

  // Memory, in bytes; 0 is no limit.
  uint64_t max_memory = 0;
  uint64_t state_bytes = 0;
  uint64_t arena_bytes = 0;
  uint64_t scratch_bytes = 0;

  // Steps of the run in progress. Only `is_cancelled` is touched by other threads.
  std::atomic<bool> is_cancelled{false};
  uint64_t step_budget = 0;  // 0: none
  uint64_t steps = 0;

  // Called before each instruction and each run of a nested function.
  Status Step() {
    if (is_cancelled.load(std::memory_order_relaxed)) return error->Report(Status::kCancelled, "the run was cancelled");
    if (step_budget != 0 && steps == step_budget) {
      return error->Report(Status::kCancelled, "the run used up its budget of %llu steps",
                           static_cast<unsigned long long>(step_budget));
    }
    ++steps;
    return Status::kOk;
  }
};

}  // namespace mtc

#endif  // MTC_INTERPRETER_ENVIRONMENT_H_
