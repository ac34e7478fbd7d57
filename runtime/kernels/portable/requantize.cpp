#include "core/quantized.h"
#include "kernels/byte_table.h"
#include "kernels/elementwise.h"

namespace MTC_PORTABLE {
namespace {

struct RequantizeState : KernelState {
  ByteTable table;
};

}  // namespace

#if MTC_ISA_LEVEL == 0
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
    state->table.values[i] = static_cast<uint8_t>(QuantizedAs(out, real * static_cast<double>(x.quantization->scale)));
  }
  return SameShape(context, &x, args.out);
}
#endif

template <typename Q, typename R>
Status RunRequantize(KernelContext& context, const RequantizeArgs& args) {
  const auto& state = *static_cast<const RequantizeState*>(context.state.get());
  ParallelFor(context.threads, Count(*args.x), kElementGrain, [&](int64_t begin, int64_t end) {
    state.table.LookUp(context.isa, args.x->as<const uint8_t>() + begin, args.out->as<uint8_t>() + begin, end - begin);
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Requantize)

}  // namespace MTC_PORTABLE
