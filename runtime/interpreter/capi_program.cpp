// The C API: programs.

#include <cstring>
#include <memory>
#include <new>

#include "interpreter/capi.h"
#include "interpreter/handles.h"
#include "interpreter/kernel_table.h"

#ifndef MTC_VERSION
#define MTC_VERSION "0"
#endif

namespace mtc {
namespace {

Isa HighestIsa(mtc_cpu cpu) {
  return cpu == MTC_CPU_BEST ? Isa::kAvx512 : static_cast<Isa>(static_cast<int>(cpu) - MTC_CPU_BASE);
}

}  // namespace

Status LoadProgram(const ProgramSource& source, const mtc_load_options* options, Span<const KernelTable> tables,
                   mtc_program** out, Error& error) {
  const uint64_t max_memory = options == nullptr ? 0 : options->max_memory;
  const mtc_cpu max_cpu = options == nullptr ? MTC_CPU_BEST : options->max_cpu;
  std::unique_ptr<mtc_program> handle(new (std::nothrow) mtc_program);
  if (handle == nullptr) return error.Report(Status::kOutOfMemory, "no memory for the program");
  MTC_RETURN_IF_ERROR(handle->linked.program().Load(source, max_memory, error));
  if (max_cpu < MTC_CPU_BEST || max_cpu > MTC_CPU_AVX512) {
    return error.Report(Status::kInvalidArgument, "max_cpu is %d, which is no mtc_cpu", static_cast<int>(max_cpu));
  }
  MTC_RETURN_IF_ERROR(handle->linked.Link(tables, HighestIsa(max_cpu), error));
  *out = handle.release();
  return Status::kOk;
}

namespace {

// `missing` names a parameter that is NULL; null if none is.
mtc_status LoadSelected(const ProgramSource& source, const char* missing, const mtc_load_options* options,
                        mtc_program** out, mtc_error* error) {
  Error reason;
  Status status = CheckGiven(out, "out", reason);
  if (status == Status::kOk && missing != nullptr) status = CheckGiven(nullptr, missing, reason);
  const KernelTable tables[] = {SelectedKernels()};
  if (status == Status::kOk) status = LoadProgram(source, options, tables, out, reason);
  return Finish(status, reason, error);
}

// Null if there is none, or no program.
const schema::Function* FunctionOf(const mtc_program* program, size_t index) {
  if (program == nullptr) return nullptr;
  const Program& loaded = program->linked.program();
  return index < loaded.entry_count() ? &loaded.function(static_cast<uint32_t>(index)) : nullptr;
}

// The sizes a dim may have: what its symbol allows, or anything if it follows from several.
void FillDim(const schema::Function& function, int64_t dim, size_t axis, mtc_signature* out) {
  out->dims[axis] = out->min_dims[axis] = out->max_dims[axis] = dim;
  if (dim >= 0) return;
  out->dims[axis] = -1;
  out->min_dims[axis] = 0;
  out->max_dims[axis] = INT64_MAX;
  const schema::Expr& expression = Items(function.exprs())[ExpressionOf(dim)];
  if (expression.kind() == schema::ExprKind::constant) {
    out->dims[axis] = out->min_dims[axis] = out->max_dims[axis] = expression.a();
  } else if (expression.kind() == schema::ExprKind::symbol) {
    const schema::Symbol& symbol = *function.symbols()->Get(static_cast<uint32_t>(expression.a()));
    out->min_dims[axis] = symbol.min();
    out->max_dims[axis] = symbol.max();
  }
}

mtc_status FillSignature(const schema::Function* function, const flatbuffers::Vector<uint32_t>* values,
                         const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* names, size_t index,
                         mtc_signature* out) {
  if (index >= Count(values) || out == nullptr) return MTC_INVALID_ARGUMENT;
  const uint32_t i = static_cast<uint32_t>(index);
  const schema::Value& value = *function->values()->Get(values->Get(i));
  *out = {};
  out->name = Text(names, i);
  out->dtype = static_cast<mtc_dtype>(value.dtype());
  out->rank = Count(value.dims());
  for (size_t axis = 0; axis < out->rank; ++axis) FillDim(*function, Items(value.dims())[axis], axis, out);
  return MTC_OK;
}

}  // namespace
}  // namespace mtc

using mtc::Count;
using mtc::Error;
using mtc::Finish;
using mtc::Items;
using mtc::ProgramSource;
using mtc::Status;
using mtc::Text;

const char* mtc_version(void) { return MTC_VERSION; }

const char* mtc_status_name(mtc_status status) {
  switch (status) {
    case MTC_OK:
      return "ok";
    case MTC_INVALID_ARGUMENT:
      return "invalid argument";
    case MTC_INVALID_PROGRAM:
      return "invalid program";
    case MTC_MISSING_KERNEL:
      return "missing kernel";
    case MTC_OUT_OF_MEMORY:
      return "out of memory";
    case MTC_IO:
      return "input/output error";
    case MTC_CANCELLED:
      return "cancelled";
    case MTC_RUN_FAILED:
      return "run failed";
  }
  return "unknown status";
}

const char* mtc_runtime_kernel(size_t index) {
  const mtc::KernelTable table = mtc::SelectedKernels();
  return index < table.count ? table.entries[index].key : nullptr;
}

mtc_status mtc_program_load_file(const char* path, const mtc_load_options* options, mtc_program** out,
                                 mtc_error* error) {
  return mtc::LoadSelected(ProgramSource::File(path), path == nullptr ? "path" : nullptr, options, out, error);
}

mtc_status mtc_program_load_memory(const void* data, size_t size, const mtc_load_options* options, mtc_program** out,
                                   mtc_error* error) {
  const char* missing = data == nullptr && size != 0 ? "data" : nullptr;
  return mtc::LoadSelected(ProgramSource::Memory(data, size), missing, options, out, error);
}

mtc_status mtc_program_load_fd(int fd, uint64_t offset, uint64_t size, const mtc_load_options* options,
                               mtc_program** out, mtc_error* error) {
  return mtc::LoadSelected(ProgramSource::Range(fd, offset, size), nullptr, options, out, error);
}

void mtc_program_destroy(mtc_program* program) {
  if (program != nullptr) program->Release();
}

size_t mtc_program_function_count(const mtc_program* program) {
  return program == nullptr ? 0 : program->linked.program().entry_count();
}

const char* mtc_program_function_name(const mtc_program* program, size_t function) {
  const mtc::schema::Function* f = mtc::FunctionOf(program, function);
  return f == nullptr ? nullptr : Text(f->name());
}

const char* mtc_program_kernel(const mtc_program* program, size_t index) {
  if (program == nullptr) return nullptr;
  const auto* kernels = program->linked.tables().kernels();
  return index < Count(kernels) ? Text(kernels, static_cast<uint32_t>(index)) : nullptr;
}

const char* mtc_program_metadata(const mtc_program* program, const char* key) {
  if (program == nullptr || key == nullptr) return nullptr;
  const auto* entries = program->linked.tables().metadata();
  for (uint32_t i = 0; i < Count(entries); ++i) {
    if (strcmp(Text(entries->Get(i)->key()), key) == 0) return Text(entries->Get(i)->value());
  }
  return nullptr;
}

size_t mtc_program_input_count(const mtc_program* program, size_t function) {
  const mtc::schema::Function* f = mtc::FunctionOf(program, function);
  return f == nullptr ? 0 : Count(f->inputs());
}

size_t mtc_program_output_count(const mtc_program* program, size_t function) {
  const mtc::schema::Function* f = mtc::FunctionOf(program, function);
  return f == nullptr ? 0 : Count(f->outputs());
}

mtc_status mtc_program_input(const mtc_program* program, size_t function, size_t index, mtc_signature* out) {
  const mtc::schema::Function* f = mtc::FunctionOf(program, function);
  return f == nullptr ? MTC_INVALID_ARGUMENT : mtc::FillSignature(f, f->inputs(), f->input_names(), index, out);
}

mtc_status mtc_program_output(const mtc_program* program, size_t function, size_t index, mtc_signature* out) {
  const mtc::schema::Function* f = mtc::FunctionOf(program, function);
  return f == nullptr ? MTC_INVALID_ARGUMENT : mtc::FillSignature(f, f->outputs(), f->output_names(), index, out);
}

mtc_status mtc_program_sample(const mtc_program* program, size_t function, bool is_output, size_t index,
                              mtc_tensor* out) {
  if (program == nullptr || out == nullptr) return MTC_INVALID_ARGUMENT;
  const auto* samples = program->linked.tables().samples();
  for (uint32_t i = 0; i < Count(samples); ++i) {
    const mtc::schema::Sample& sample = *samples->Get(i);
    if (sample.function() != function || sample.is_output() != is_output || sample.index() != index) continue;
    const void* data = program->linked.program().sample(sample);
    mtc::FillTensor(mtc::ToDType(sample.dtype()), Items(sample.dims()), data, out);
    return MTC_OK;
  }
  return MTC_INVALID_ARGUMENT;
}
