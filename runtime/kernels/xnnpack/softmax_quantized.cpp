#include <algorithm>

#include "core/quantized.h"
#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/step_vectors.h"
#include "kernels/vector_math.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK has one of unsigned integers only, whose results have a scale of 1/256.
namespace MTC_XNNPACK {
namespace {

constexpr int64_t kPart = 1024;  // elements whose exponentials are kept from the sum to the results

// Writes e^((x - largest) * scale) to `exponentials` for at most kPart elements, and returns the sum.
template <typename Step>
MTC_INLINE float SumExponentials(const Step* x, int64_t count, float largest, float scale, float* exponentials) {
  using namespace MTC_PORTABLE;
  Vec sum = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vec e = Exp((StepLanes{i, kLanes}(x)-largest) * scale);
    Store(exponentials + i, e);
    sum += e;
  }
  float total = Sum(sum);
  if (i < count) {
    const Vec e = Exp((StepLanes{i, count - i}(x)-largest) * scale);
    Store(exponentials + i, e);
    for (int64_t k = 0; k < count - i; ++k) total += e[k];
  }
  return total;
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareSoftmaxQuantized(PrepareContext& context, const SoftmaxArgs& args) {
  int axis = 0;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, args.x->rank, &axis));
  if (axis != std::max(args.x->rank - 1, 0)) {
    return context.Fail(Status::kInvalidProgram, "softmax: not along the last axis");
  }
  return SameShape(context, args.x, args.out);
}
#endif

template <typename Q>
Status RunSoftmaxQuantized(KernelContext& context, const SoftmaxArgs& args) {
  using namespace MTC_PORTABLE;
  using Step = decltype(Q::steps);
  if (args.out->count() == 0) return Status::kOk;
  const int64_t size = args.x->row_size();
  const float scale = args.x->quantization->scale, out_scale = args.out->quantization->scale;
  const StepLimits limits = LimitsOf(*args.out);
  ParallelFor(context.threads, args.x->rows(), 1 + kElementGrain / 4 / size, [&](int64_t begin, int64_t end) {
    float exponentials[kPart + kLanes];
    for (int64_t row = begin; row < end; ++row) {
      const Step* x = args.x->as<const Step>() + row * args.x->pitch;
      Step* out = args.out->as<Step>() + row * args.out->pitch;
      Step highest = x[0];
      for (int64_t i = 0; i < size; ++i) highest = x[i] > highest ? x[i] : highest;
      const auto largest = static_cast<float>(highest);
      float total = 0;
      for (int64_t from = 0; from < size; from += kPart) {
        total += SumExponentials(x + from, Least(kPart, size - from), largest, scale, exponentials);
      }
      const float ratio = 1 / (total * out_scale);
      for (int64_t from = 0; from < size; from += kPart) {
        const int64_t count = Least(kPart, size - from);
        if (size > kPart) SumExponentials(x + from, count, largest, scale, exponentials);
        MapSteps(out + from, count, limits, [&](const StepLanes& lanes) { return lanes(exponentials) * ratio; });
      }
    }
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(SoftmaxQuantized)

}  // namespace MTC_XNNPACK
