#include "interpreter/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/poison.h"
#include "interpreter/describe.h"
#include "interpreter/nested_frame.h"
#include "program/expressions.h"
#include "selected_parts.h"

namespace mtc {

Frame::Frame(Environment& environment, uint32_t function)
    : environment_(environment), index_(function), function_(environment.program->program().function(function)) {}

Frame::~Frame() {
  environment_.arena_bytes -= arena_bytes_;
  environment_.scratch_bytes -= scratch_bytes_;
}

Status Frame::Build() {
  BuildTensors();
  MTC_RETURN_IF_ERROR(BuildSteps());
  symbols_.Resize(Count(function_.symbols()));
  std::fill(symbols_.begin(), symbols_.end(), -1);  // no size is below zero: the first binding is a change
  results_.Resize(Count(function_.exprs()));
  if (environment_.profiler != nullptr) environment_.profiler->Reserve(steps_.size());
  is_built_ = true;
  return Status::kOk;
}

void Frame::BuildTensors() {
  const uint32_t count = Count(function_.values());
  tensors_.Resize(count);
  bytes_.Resize(count);
  begins_.Resize(count);
  FindRoots(function_, &roots_);
  lifetimes_ = FindLifetimes(function_, roots_);
  for (uint32_t v = 0; v < count; ++v) {
    const schema::Value& value = *function_.values()->Get(v);
    Tensor& tensor = tensors_[v];
    tensor.dtype = ToDType(value.dtype());
    tensor.rank = static_cast<uint8_t>(Count(value.dims()));
    tensor.quantization = environment_.program->program().quantization(value);
    if (value.place() != schema::Place::constant) continue;
    tensor.constant = value.index();
    // Kernels only read it: the verifier refuses a constant as a result.
    tensor.data = const_cast<void*>(environment_.program->program().constant(value.index()));
  }
}

Status Frame::BuildSteps() {
  const uint32_t count = Count(function_.instructions());
  size_t bytes = 0;
  const auto layout_of = [this](uint32_t i) -> const ArgsLayout& {
    return *environment_.program->kernel(function_.instructions()->Get(i)->kernel()).layout;
  };
  for (uint32_t i = 0; i < count; ++i) bytes += ArgumentBytes(layout_of(i), *function_.instructions()->Get(i));
  if (!arguments_.Allocate(bytes)) return environment_.error->Report(Status::kOutOfMemory, "no memory for arguments");
  uint8_t* memory = arguments_.data();
  symbolic_.Clear();
  steps_ = List<Step>(count);
  List<NestedFunction*> nested;
  for (uint32_t i = 0; i < count; ++i) {
    const schema::Instruction& instruction = *function_.instructions()->Get(i);
    nested.Clear();
    if (kNestsFunctions) {
      for (const uint32_t f : Items(instruction.functions())) {
        nested_.Add(std::make_unique<NestedFrame>(environment_, f));
        nested.Add(nested_.back().get());
      }
    }
    Step& step = steps_[i];
    step.kernel = &environment_.program->kernel(instruction.kernel());
    step.context.isa = environment_.program->level(*step.kernel);
    step.run = step.kernel->run[static_cast<int>(step.context.isa)];
    step.context.threads = environment_.threads;
    step.context.packed = &environment_.program->packed();
    step.args = memory;
    FillArguments(layout_of(i), instruction, tensors_.data(), nested.data(), memory, &symbolic_);
    memory += ArgumentBytes(layout_of(i), instruction);
  }
  return Status::kOk;
}

Status Frame::Prepare(Span<const Tensor* const> inputs) {
  if (!is_built_) MTC_RETURN_IF_ERROR(Build());
  MTC_RETURN_IF_ERROR(CheckTypes(inputs));
  bool is_changed = false;
  MTC_RETURN_IF_ERROR(BindSymbols(inputs, &is_changed));
  if (is_prepared_ && !is_changed) return CheckDims(inputs);
  is_prepared_ = false;
  MTC_RETURN_IF_ERROR(PrepareAll(inputs));
  is_prepared_ = true;
  return Status::kOk;
}

Status Frame::PrepareAll(Span<const Tensor* const> inputs) {
  MTC_RETURN_IF_ERROR(
      Evaluate(Items(function_.exprs()), {symbols_.data(), symbols_.size()}, results_.data(), *environment_.error));
  for (const SymbolicInt& symbolic : symbolic_) *symbolic.target = results_[symbolic.expression];
  MTC_RETURN_IF_ERROR(SetShapes());
  MTC_RETURN_IF_ERROR(CheckDims(inputs));
  MTC_RETURN_IF_ERROR(CheckPitches());
  List<uint64_t> offsets(tensors_.size());
  const uint64_t arena = Plan(&offsets);
  MTC_RETURN_IF_ERROR(CheckMemory(arena, 0));  // before kernels allocate memory for tensors that there cannot be
  MTC_RETURN_IF_ERROR(PrepareSteps());
  uint64_t scratch = 0;
  for (const Step& step : steps_) scratch = std::max<uint64_t>(scratch, step.context.scratch_size);
  MTC_RETURN_IF_ERROR(Allocate(arena, scratch));
  PlaceTensors(offsets);
  return CheckSharing();
}

Status Frame::SetShapes() {
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    if (const Status status = SetShape(v); status != Status::kOk) {
      environment_.error->Prefix("function `%s`: value %u", Text(function_.name()), v);
      return status;
    }
  }
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    if (roots_[v] == v) continue;
    if (const Status status = SetAlias(v); status != Status::kOk) {
      environment_.error->Prefix("function `%s`: value %u", Text(function_.name()), v);
      return status;
    }
  }
  return Status::kOk;
}

Status Frame::SetShape(uint32_t v) {
  Tensor& tensor = tensors_[v];
  const auto dims = Items(function_.values()->Get(v)->dims());
  for (size_t axis = 0; axis < dims.size(); ++axis) tensor.dims[axis] = Evaluated(dims[axis], results_.data());
  tensor.pitch = tensor.row_size();
  if (!tensor.is_constant()) tensor.data = nullptr;  // until it is placed again
  if (ByteSize(tensor.dtype, tensor.shape(), &bytes_[v])) return Status::kOk;
  return environment_.error->Report(Status::kInvalidArgument, "these input sizes make it %s",
                                    Describe(tensor.dtype, tensor.shape()).text);
}

Status Frame::SetAlias(uint32_t v) {
  Located located;
  if (!Locate(function_, v, results_.data(), bytes_[roots_[v]], &located)) {
    return environment_.error->Report(Status::kInvalidArgument,
                                      "with these input sizes it does not lie inside the value it is an alias of");
  }
  tensors_[v].pitch = located.pitch;
  begins_[v] = located.begin;
  return Status::kOk;
}

Status Frame::PrepareSteps() {
  for (size_t i = 0; i < steps_.size(); ++i) {
    PrepareContext& context = steps_[i].context;
    context.error = environment_.error;
    context.scratch = nullptr;
    context.scratch_size = 0;
    MTC_RETURN_IF_ERROR(InStep(i, steps_[i].kernel->prepare(context, steps_[i].args)));
  }
  return Status::kOk;
}

// Says which instruction it was.
Status Frame::InStep(size_t index, Status status) {
  if (status == Status::kOk || status == Status::kCancelled) return status;
  const uint32_t i = static_cast<uint32_t>(index);
  const Program& program = environment_.program->program();
  const char* name = program.InstructionName(index_, i);
  const char* location = program.InstructionLocation(index_, i);
  const char* key = steps_[index].kernel->key;
  const char* at = *location == '\0' ? "" : " at ";
  if (*name != '\0') {
    environment_.error->Prefix("`%s` (%s)%s%s", name, key, at, location);
  } else {
    environment_.error->Prefix("function `%s`, instruction %u (%s)%s%s", Text(function_.name()), i, key, at, location);
  }
  return status;
}

// Whether an input lies in memory that the run will use: a result of the last one that is given back.
bool Frame::IsOwn(const Tensor& input) const {
  const uintptr_t at = reinterpret_cast<uintptr_t>(input.data), arena = reinterpret_cast<uintptr_t>(arena_.data());
  return arena_.size() != 0 && at >= arena && at < arena + arena_.size();
}

Status Frame::RunCopied(Span<const Tensor* const> inputs) {
  List<Tensor> copies(inputs.size());
  List<const Tensor*> given(inputs.size());
  List<Block> elements(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    given[i] = inputs[i];
    uint64_t bytes;
    if (!IsOwn(*inputs[i]) || !ByteSize(inputs[i]->dtype, inputs[i]->shape(), &bytes) || bytes > arena_.size()) {
      continue;
    }
    if (!elements[i].Allocate(bytes)) {
      return environment_.error->Report(Status::kOutOfMemory, "no memory for a copy of input %zu", i);
    }
    memcpy(elements[i].data(), inputs[i]->data, static_cast<size_t>(bytes));
    copies[i] = *inputs[i];
    copies[i].data = elements[i].data();
    given[i] = &copies[i];
  }
  return RunApart({given.data(), given.size()});
}

Status Frame::Run(Span<const Tensor* const> inputs) {
  const bool is_own = std::any_of(inputs.begin(), inputs.end(), [this](const Tensor* x) { return IsOwn(*x); });
  return is_own ? RunCopied(inputs) : RunApart(inputs);
}

Status Frame::RunApart(Span<const Tensor* const> inputs) {
  has_results_ = false;
  MTC_RETURN_IF_ERROR(Prepare(inputs));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const uint32_t v = Items(function_.inputs())[i];
    if (bytes_[v] == 0) continue;
    Unpoison(tensors_[v].data, static_cast<size_t>(bytes_[v]));
    memmove(tensors_[v].data, inputs[i]->data, static_cast<size_t>(bytes_[v]));
  }
  PoisonArena();
  Profiler* profiler = environment_.profiler;
  for (size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    MTC_RETURN_IF_ERROR(environment_.Step());
    step.context.error = environment_.error;
    BeginStep(i);
    const uint64_t start = profiler == nullptr ? 0 : profiler->Now();
    MTC_RETURN_IF_ERROR(InStep(i, step.run(step.context, step.args)));
    if (profiler != nullptr) profiler->Record({start, profiler->Now() - start, index_, static_cast<uint32_t>(i)});
    EndStep(i);
  }
  has_results_ = true;
  return Status::kOk;
}

}  // namespace mtc
