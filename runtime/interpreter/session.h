#ifndef MTC_INTERPRETER_SESSION_H_
#define MTC_INTERPRETER_SESSION_H_

#include <cstdint>
#include <memory>

#include "core/block.h"
#include "core/list.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "interpreter/environment.h"
#include "interpreter/frame.h"
#include "interpreter/linker.h"

namespace mtc {

struct SessionOptions {
  uint32_t threads = 1;
  uint64_t max_memory = 0;  // 0: none
  bool is_profiling = false;
};

// A program's state, and what its functions need to run. Used by one thread at a time, but for Cancel.
class Session {
 public:
  explicit Session(const LinkedProgram& program);
  Status Create(const SessionOptions& options, Error& error);

  // The inputs' sizes in bytes are the caller's business.
  Status Run(uint32_t function, Span<const Tensor* const> inputs, Error& error);
  // A result of the function's last run, or null.
  const Tensor* output(uint32_t function, uint32_t index) const;

  void Cancel() { environment_.is_cancelled.store(true, std::memory_order_relaxed); }
  void SetStepBudget(uint64_t steps) { environment_.step_budget = steps; }

  // All states one after another, in the program's order.
  size_t state_size() const;
  void ResetState();
  void SaveState(uint8_t* to) const;
  void RestoreState(const uint8_t* from);

  const LinkedProgram& program() const { return program_; }
  const Environment& environment() const { return environment_; }
  const Profiler* profiler() const { return profiler_.get(); }

 private:
  const LinkedProgram& program_;
  Environment environment_;
  std::unique_ptr<ThreadPool> threads_;
  std::unique_ptr<Profiler> profiler_;
  Block state_memory_;
  List<uint8_t*> states_;
  List<size_t> state_sizes_;
  List<std::unique_ptr<Frame>> frames_;  // of functions that have run; destroyed before what they use
};

}  // namespace mtc

#endif  // MTC_INTERPRETER_SESSION_H_
