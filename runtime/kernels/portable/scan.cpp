#include <algorithm>

#include "generated/args.h"
#include "kernels/control.h"

namespace MTC_PORTABLE {
namespace {

// The first index of the first axis.
Tensor FirstSlice(const Tensor& x) {
  Tensor slice = x;
  slice.constant = kNotConstant;
  slice.rank = static_cast<uint8_t>(x.rank - 1);
  std::copy(x.dims + 1, x.dims + x.rank, slice.dims);
  slice.pitch = slice.row_size();
  return slice;
}

Status CheckScanned(PrepareContext& context, Span<const Tensor* const> scanned, Span<Tensor* const> stacks) {
  const auto is_right = [&](const Tensor* x) {
    return x->rank > 0 && x->is_dense() && x->dims[0] == scanned[0]->dims[0];
  };
  for (const Tensor* x : scanned) {
    if (!is_right(x)) return context.Fail(Status::kInvalidProgram, "the scanned operands have different lengths");
  }
  for (const Tensor* out : stacks) {
    if (out != nullptr && !is_right(out)) {
      return context.Fail(Status::kInvalidProgram, "a stack is not as long as the scanned operands");
    }
  }
  return Status::kOk;
}

}  // namespace

Status PrepareScan(PrepareContext& context, const ScanArgs& args) {
  MTC_RETURN_IF_ERROR(CheckCarried(context, args.operands, args.out, args.carried));
  const size_t carried = static_cast<size_t>(args.carried), rest = args.operands.size() - carried;
  if (args.scanned < 1 || static_cast<size_t>(args.scanned) > rest) {
    return context.Fail(Status::kInvalidProgram, "it scans %lld of %zu operands", static_cast<long long>(args.scanned),
                        rest);
  }
  const size_t scanned = static_cast<size_t>(args.scanned);
  const Span<Tensor* const> stacks(args.out.begin() + carried, args.out.size() - carried);
  MTC_RETURN_IF_ERROR(CheckScanned(context, {args.operands.begin() + carried, scanned}, stacks));

  auto state = std::make_unique<LoopState>();
  state->slices.reserve(scanned + stacks.size());  // pointers to them must hold
  state->inputs.assign(args.operands.begin(), args.operands.end());
  state->outputs.assign(args.out.begin(), args.out.end());
  for (size_t i = 0; i < carried; ++i) state->inputs[i] = args.out[i];
  for (size_t i = carried; i < carried + scanned; ++i) {
    state->slices.push_back(FirstSlice(*args.operands[i]));
    state->inputs[i] = &state->slices.back();
  }
  for (size_t i = carried; i < args.out.size(); ++i) {
    if (args.out[i] == nullptr) continue;
    state->slices.push_back(FirstSlice(*args.out[i]));
    state->outputs[i] = &state->slices.back();
  }
  const Span<const Tensor* const> inputs(state->inputs.data(), state->inputs.size());
  const Span<Tensor* const> outputs(state->outputs.data(), state->outputs.size());
  context.state = std::move(state);
  return args.body->Prepare(inputs, outputs);
}

Status RunScan(KernelContext& context, const ScanArgs& args) {
  LoopState& state = static_cast<LoopState&>(*context.state);
  const Span<const Tensor* const> inputs(state.inputs.data(), state.inputs.size());
  const Span<Tensor* const> outputs(state.outputs.data(), state.outputs.size());
  const size_t carried = static_cast<size_t>(args.carried), scanned = static_cast<size_t>(args.scanned);
  StartCarried(args.operands, args.out, args.carried);
  // Memory is placed after Prepare: the slices begin where the whole tensors do now.
  Tensor* slice = state.slices.data();
  for (size_t i = carried; i < carried + scanned; ++i) (slice++)->data = args.operands[i]->data;
  for (size_t i = carried; i < args.out.size(); ++i) {
    if (args.out[i] != nullptr) (slice++)->data = args.out[i]->data;
  }
  const int64_t length = args.operands[carried]->dims[0];
  for (int64_t turn = 0; turn < length; ++turn) {
    MTC_RETURN_IF_ERROR(args.body->Run(inputs, outputs));
    for (Tensor& each : state.slices) each.data = each.as<uint8_t>() + ByteCount(each);
  }
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
