#include "generated/args.h"
#include "kernels/quantized_pooling.h"
#include "kernels/xnnpack/sums.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's brings in reductions of all types.
namespace MTC_XNNPACK {

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
  if (axes.inner == 1) {
    ParallelFor(context.threads, axes.outer, 1 + kElementGrain / (axes.count + 1), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const Step* x = args.x->as<const Step>() + row * axes.count;
        int64_t total = 0;
        for (int64_t from = 0; from < axes.count; from += MTC_PORTABLE::kMostSummed) {
          const int64_t to = MTC_PORTABLE::Least(from + MTC_PORTABLE::kMostSummed, axes.count);
          int32_t sum = 0;
          for (int64_t i = from; i < to; ++i) sum += x[i];
          total += sum;
        }
        mean.Write(&total, 1, axes.count, axes.count, args.out->as<Step>() + row);
      }
    });
    return Status::kOk;
  }
  // One window over all pixels of a channel.
  MTC_PORTABLE::PoolSizes sizes;
  sizes.outer = axes.outer;
  sizes.in[2] = sizes.kernel[2] = axes.count;
  sizes.channels = sizes.in_pitch = sizes.out_pitch = axes.inner;
  MTC_PORTABLE::PoolBytes<Step>(
      context, sizes, *args.x, *args.out, int64_t{0}, [](int64_t a, Step b) { return a + b; },
      [&](const int64_t* sums, int64_t lanes, int64_t, int64_t, int64_t places, Step* to) {
        mean.Write(sums, lanes, places, axes.count, to);
      });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(MeanQuantized)

}  // namespace MTC_XNNPACK
