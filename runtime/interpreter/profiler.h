#ifndef MTC_INTERPRETER_PROFILER_H_
#define MTC_INTERPRETER_PROFILER_H_

#include <cstddef>
#include <cstdint>

#include "core/list.h"

namespace mtc {

// The executed instructions of the last run, in the order in which they ended. A ring: a run with long loops keeps its
// last events.
class Profiler {
 public:
  struct Event {
    uint64_t start_ns;  // since the run began
    uint64_t duration_ns;
    uint32_t function;
    uint32_t instruction;
  };

  // Room for more events, so that recording never allocates.
  void Reserve(size_t events) { ring_.Resize(ring_.size() + events); }
  void Begin();
  uint64_t Now() const;
  void Record(const Event& event) { ring_[static_cast<size_t>(recorded_++ % ring_.size())] = event; }

  size_t count() const { return recorded_ < ring_.size() ? static_cast<size_t>(recorded_) : ring_.size(); }
  const Event& event(size_t index) const {
    return ring_[static_cast<size_t>((recorded_ - count() + index) % ring_.size())];
  }

 private:
  List<Event> ring_ = List<Event>(1024);
  uint64_t recorded_ = 0;
  uint64_t began_ = 0;
};

}  // namespace mtc

#endif  // MTC_INTERPRETER_PROFILER_H_
