// What is behind the C API's opaque handles.

#ifndef MTC_INTERPRETER_HANDLES_H_
#define MTC_INTERPRETER_HANDLES_H_

#include <atomic>
#include <memory>

#include "core/list.h"
#include "interpreter/linker.h"
#include "interpreter/session.h"
#include "mtc/mtc.h"

// A program lives until its handle and all of its sessions are destroyed, in whatever order a garbage collector may
// choose.
struct mtc_program {
  mtc::LinkedProgram linked;
  mutable std::atomic<uint32_t> references{1};

  void Release() const {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

struct mtc_session {
  explicit mtc_session(const mtc_program* program) : program(program), session(program->linked) {
    program->references.fetch_add(1, std::memory_order_relaxed);
  }
  ~mtc_session() = default;

  const mtc_program* program;
  mtc::Session session;
  // The caller's tensors in our words. They grow to the most inputs that were given.
  mtc::List<mtc::Tensor> inputs;
  mtc::List<const mtc::Tensor*> input_pointers;
};

namespace mtc {

// Loads a program and links it with these kernels. The C API gives those the runtime was built with. Without options,
// which may be null: no limit.
Status LoadProgram(const ProgramSource& source, const mtc_load_options* options, Span<const KernelTable> tables,
                   mtc_program** out, Error& error);

}  // namespace mtc

#endif  // MTC_INTERPRETER_HANDLES_H_
