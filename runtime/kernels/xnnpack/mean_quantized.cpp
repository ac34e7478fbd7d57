#include "generated/args.h"
#include "kernels/quantized_pooling.h"
#include "kernels/xnnpack/sums.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's brings in reductions of all types.
namespace MTC_XNNPACK {
namespace {

constexpr int64_t kTaskColumns = 256;

// The mean of `count` elements, `step` apart.
template <typename Step>
void MeanOfRun(const Step* x, int64_t count, int64_t step, const MTC_PORTABLE::MeanSteps& mean, Step* out) {
  using namespace MTC_PORTABLE;
  int64_t total = -count * mean.x_zero;
  for (int64_t from = 0; from < count; from += kMostSummed) {
    const int64_t to = Least(from + kMostSummed, count);
    int32_t sum = 0;
    if (step == 1) {
      for (int64_t i = from; i < to; ++i) sum += x[i];
    } else {
      for (int64_t i = from; i < to; ++i) sum += x[i * step];
    }
    total += sum;
  }
  StoreBytes(out, RoundToSteps(Splat<Vec>(static_cast<float>(total)) * mean.Ratio(count), mean.limits), 1);
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareMeanQuantized(PrepareContext& context, const MeanArgs& args) {
  return PrepareSumAxes(context, *args.x, args.axes, args.keepdim, args.out, StateOf<SumAxes>(context));
}
#endif

template <typename Q>
Status RunMeanQuantized(KernelContext& context, const MeanArgs& args) {
  using Step = decltype(Q::steps);
  const auto& axes = *static_cast<const SumAxes*>(context.state.get());
  const MTC_PORTABLE::MeanSteps mean(*args.x, *args.out, {});
  const bool is_run = axes.inner == 1 || axes.count > MTC_PORTABLE::kMostSummed;
  const int64_t columns = is_run ? 1 : kTaskColumns, groups = (axes.inner + columns - 1) / columns;
  const int64_t work = axes.count * MTC_PORTABLE::Least(columns, axes.inner);
  ParallelFor(context.threads, axes.outer * groups, 1 + kElementGrain / (work + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / groups, column = i % groups * columns;
      const Step* x = args.x->as<const Step>() + image * axes.count * axes.inner + column;
      Step* out = args.out->as<Step>() + image * axes.inner + column;
      if (is_run) {
        MeanOfRun(x, axes.count, axes.inner, mean, out);
        continue;
      }
      // One window over all pixels of some channels.
      MTC_PORTABLE::PoolSizes sizes;
      sizes.in[2] = sizes.kernel[2] = axes.count;
      sizes.channels = MTC_PORTABLE::Least(columns, axes.inner - column);
      sizes.in_pitch = axes.inner;
      const MTC_PORTABLE::Taps one(sizes, 1, 0), all(sizes, 2, 0);
      MTC_PORTABLE::MeansOfWindow(MTC_PORTABLE::WindowBytes<Step>{sizes, x, one, all}, mean, axes.count, out);
    }
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(MeanQuantized)

}  // namespace MTC_XNNPACK
