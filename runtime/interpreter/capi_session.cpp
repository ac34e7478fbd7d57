// The C API: sessions.

#include <new>

#include "interpreter/capi.h"
#include "interpreter/handles.h"
#include "program/layout.h"

namespace mtc {
namespace {

// The caller's tensor in our words; false if it contradicts itself.
bool ReadTensor(const mtc_tensor& given, Tensor* out) {
  if (static_cast<unsigned>(given.dtype) >= kDTypeCount || given.rank > kMaxRank) return false;
  out->dtype = static_cast<DType>(given.dtype);
  out->rank = static_cast<uint8_t>(given.rank);
  for (uint32_t axis = 0; axis < given.rank; ++axis) out->dims[axis] = given.dims[axis];
  out->pitch = out->row_size();
  out->data = given.data;
  uint64_t bytes;
  return ByteSize(out->dtype, out->shape(), &bytes) && bytes == given.size && (bytes == 0 || given.data != nullptr);
}

// Whether there is a session and `data` can be its state.
Status CheckState(const mtc_session* session, const void* data, size_t size, Error& error) {
  MTC_RETURN_IF_ERROR(CheckGiven(session, "session", error));
  if (size != 0) MTC_RETURN_IF_ERROR(CheckGiven(data, "data", error));
  const size_t expected = session->session.state_size();
  if (size == expected) return Status::kOk;
  return error.Report(Status::kInvalidArgument, "the state has %zu bytes, not %zu", expected, size);
}

}  // namespace
}  // namespace mtc

using mtc::Error;
using mtc::Finish;
using mtc::Status;

mtc_status mtc_session_create(const mtc_program* program, const mtc_session_options* options, mtc_session** out,
                              mtc_error* error) {
  Error reason;
  Status status = mtc::CheckGiven(program, "program", reason);
  if (status == Status::kOk) status = mtc::CheckGiven(out, "out", reason);
  if (status != Status::kOk) return Finish(status, reason, error);
  mtc::SessionOptions wanted;
  if (options != nullptr) wanted = {options->threads, options->max_memory, options->profile};
  if (wanted.threads > MTC_MAX_THREADS) {
    return Finish(reason.Report(Status::kInvalidArgument, "%u threads are wanted, and a session has at most %u",
                                wanted.threads, MTC_MAX_THREADS),
                  reason, error);
  }
  mtc_session* session = new (std::nothrow) mtc_session(program);
  if (session == nullptr) return Finish(reason.Report(Status::kOutOfMemory, "no memory for a session"), reason, error);
  status = session->session.Create(wanted, reason);
  if (status == Status::kOk) {
    *out = session;
  } else {
    mtc_session_destroy(session);
  }
  return Finish(status, reason, error);
}

void mtc_session_destroy(mtc_session* session) {
  if (session == nullptr) return;
  const mtc_program* program = session->program;
  delete session;
  program->Release();
}

mtc_status mtc_session_run(mtc_session* session, size_t function, const mtc_tensor* inputs, size_t count,
                           mtc_error* error) {
  Error reason;
  Status status = mtc::CheckGiven(session, "session", reason);
  if (status == Status::kOk && count != 0) status = mtc::CheckGiven(inputs, "inputs", reason);
  if (status != Status::kOk) return Finish(status, reason, error);
  const mtc::Program& program = session->program->linked.program();
  if (function >= program.entry_count()) {
    return Finish(reason.Report(Status::kInvalidArgument, "the program has no function %zu", function), reason, error);
  }
  const mtc::schema::Function& called = program.function(static_cast<uint32_t>(function));
  if (count != mtc::Count(called.inputs())) {
    return Finish(reason.Report(Status::kInvalidArgument, "function `%s` takes %u inputs; %zu were given",
                                mtc::Text(called.name()), mtc::Count(called.inputs()), count),
                  reason, error);
  }
  if (session->inputs.size() < count) {
    session->inputs.Resize(count);
    session->input_pointers.Resize(count);
    for (size_t i = 0; i < count; ++i) session->input_pointers[i] = &session->inputs[i];
  }
  for (size_t i = 0; i < count; ++i) {
    if (!mtc::ReadTensor(inputs[i], &session->inputs[i])) {
      return Finish(reason.Report(Status::kInvalidArgument, "input %zu `%s`: its data, size, dtype and dims disagree",
                                  i, mtc::Text(called.input_names(), static_cast<uint32_t>(i))),
                    reason, error);
    }
  }
  status = session->session.Run(static_cast<uint32_t>(function), {session->input_pointers.data(), count}, reason);
  return Finish(status, reason, error);
}

mtc_status mtc_session_output(const mtc_session* session, size_t function, size_t index, mtc_tensor* out) {
  if (session == nullptr || out == nullptr) return MTC_INVALID_ARGUMENT;
  if (function > UINT32_MAX || index > UINT32_MAX) return MTC_INVALID_ARGUMENT;
  const mtc::Tensor* tensor = session->session.output(static_cast<uint32_t>(function), static_cast<uint32_t>(index));
  if (tensor == nullptr) return MTC_INVALID_ARGUMENT;
  mtc::FillTensor(tensor->dtype, tensor->shape(), tensor->data, out);
  return MTC_OK;
}

void mtc_session_cancel(mtc_session* session) {
  if (session != nullptr) session->session.Cancel();
}

void mtc_session_set_step_budget(mtc_session* session, uint64_t instructions) {
  if (session != nullptr) session->session.SetStepBudget(instructions);
}

size_t mtc_session_state_size(const mtc_session* session) {
  return session == nullptr ? 0 : session->session.state_size();
}

mtc_status mtc_session_reset_state(mtc_session* session, mtc_error* error) {
  Error reason;
  const Status status = mtc::CheckGiven(session, "session", reason);
  if (status == Status::kOk) session->session.ResetState();
  return Finish(status, reason, error);
}

mtc_status mtc_session_save_state(const mtc_session* session, void* data, size_t size, mtc_error* error) {
  Error reason;
  const Status status = mtc::CheckState(session, data, size, reason);
  if (status == Status::kOk) session->session.SaveState(static_cast<uint8_t*>(data));
  return Finish(status, reason, error);
}

mtc_status mtc_session_restore_state(mtc_session* session, const void* data, size_t size, mtc_error* error) {
  Error reason;
  const Status status = mtc::CheckState(session, data, size, reason);
  if (status == Status::kOk) session->session.RestoreState(static_cast<const uint8_t*>(data));
  return Finish(status, reason, error);
}

mtc_memory mtc_session_memory(const mtc_session* session) {
  if (session == nullptr) return {};
  const mtc::Environment& e = session->session.environment();
  return {e.arena_bytes, e.scratch_bytes, session->session.state_size(), session->program->linked.packed().bytes()};
}

size_t mtc_session_event_count(const mtc_session* session) {
  if (session == nullptr) return 0;
  const mtc::Profiler* profiler = session->session.profiler();
  return profiler == nullptr ? 0 : profiler->count();
}

mtc_status mtc_session_event(const mtc_session* session, size_t index, mtc_event* out) {
  if (index >= mtc_session_event_count(session) || out == nullptr) return MTC_INVALID_ARGUMENT;
  const mtc::Profiler::Event& event = session->session.profiler()->event(index);
  const mtc::LinkedProgram& linked = session->program->linked;
  const mtc::Program& program = linked.program();
  const uint32_t kernel = program.function(event.function).instructions()->Get(event.instruction)->kernel();
  *out = {linked.kernel(kernel).key,
          program.InstructionName(event.function, event.instruction),
          program.InstructionLocation(event.function, event.instruction),
          event.start_ns,
          event.duration_ns,
          event.function,
          event.instruction};
  return MTC_OK;
}
