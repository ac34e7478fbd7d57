#include <algorithm>
#include <cmath>

#include "core/quantized.h"
#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK has one of unsigned integers only, whose results have a scale of 1/256.
namespace MTC_XNNPACK {
namespace {

struct SoftmaxState : KernelState {
  float exponentials[256];  // of an element that is so much less than the largest one
};

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareSoftmaxQuantized(PrepareContext& context, const SoftmaxArgs& args) {
  int axis = 0;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, args.x->rank, &axis));
  if (axis != std::max(args.x->rank - 1, 0)) {
    return context.Fail(Status::kInvalidProgram, "softmax: not along the last axis");
  }
  MTC_RETURN_IF_ERROR(SameShape(context, args.x, args.out));
  auto* state = StateOf<SoftmaxState>(context);
  if (state == nullptr) return OutOfMemory(context);
  const double scale = static_cast<double>(args.x->quantization->scale);
  for (int i = 0; i < 256; ++i) state->exponentials[i] = static_cast<float>(std::exp(-scale * i));
  return Status::kOk;
}
#endif

template <typename Q>
Status RunSoftmaxQuantized(KernelContext& context, const SoftmaxArgs& args) {
  using Step = decltype(Q::steps);
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const SoftmaxState*>(context.state.get());
  const int64_t size = args.x->row_size();
  const Quantization& q = *args.out->quantization;
  const Steps steps = StepsOf(args.out->dtype);
  const float zero = static_cast<float>(q.zero_point);
  const float high = static_cast<float>(steps.high) - zero;
  ParallelFor(context.threads, args.x->rows(), 1 + kElementGrain / 8 / (size + 64), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Step* x = args.x->as<const Step>() + row * args.x->pitch;
      Step* out = args.out->as<Step>() + row * args.out->pitch;
      Step largest = x[0];
      for (int64_t i = 0; i < size; ++i) largest = x[i] > largest ? x[i] : largest;
      float sums[4] = {};  // so that one need not wait for the one before it
      for (int64_t i = 0; i < size; ++i) sums[i % 4] += state.exponentials[largest - x[i]];
      // What each element becomes.
      constexpr float kRounding = 12582912.0f;  // added, it rounds to an integer, half to even
      const float ratio = 1 / ((sums[0] + sums[1] + (sums[2] + sums[3])) * q.scale);
      Step table[256];
      for (int i = 0; i < 256; ++i) {
        float value = state.exponentials[i] * ratio;
        value = value < high ? value : high;
        table[i] = static_cast<Step>(static_cast<int32_t>((value + kRounding) - kRounding + zero));
      }
      for (int64_t i = 0; i < size; ++i) out[i] = table[largest - x[i]];
    }
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(SoftmaxQuantized)

}  // namespace MTC_XNNPACK
