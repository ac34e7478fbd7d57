#include "core/quantized.h"
#include "kernels/elementwise.h"

namespace MTC_PORTABLE {
namespace {

// What each element becomes.
struct RequantizeState : KernelState {
  uint8_t table[256];
};

}  // namespace

Status PrepareRequantize(PrepareContext& context, const RequantizeArgs& args) {
  const Tensor &x = *args.x, &out = *args.out;
  if (args.dtype != out.dtype || x.quantization->axis >= 0 || out.quantization->axis >= 0) {
    return context.Fail(Status::kInvalidProgram, "the result has another dtype, or several scales");
  }
  auto* state = StateOf<RequantizeState>(context);
  if (state == nullptr) return OutOfMemory(context);
  for (int i = 0; i < 256; ++i) {
    const int32_t step = x.dtype == DType::kQU8 ? i : static_cast<int8_t>(i);
    const double real = static_cast<double>(step - x.quantization->zero_point);
    state->table[i] = static_cast<uint8_t>(QuantizedAs(out, real * static_cast<double>(x.quantization->scale)));
  }
  return SameShape(context, &x, args.out);
}

template <typename Q, typename R>
Status RunRequantize(KernelContext& context, const RequantizeArgs& args) {
  const auto& state = *static_cast<const RequantizeState*>(context.state.get());
  ParallelFor(context.threads, Count(*args.x), kElementGrain / 4, [&](int64_t begin, int64_t end) {
    const auto* from = args.x->as<const uint8_t>();
    auto* to = args.out->as<uint8_t>();
    for (int64_t i = begin; i < end; ++i) to[i] = state.table[from[i]];
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Requantize)

}  // namespace MTC_PORTABLE
