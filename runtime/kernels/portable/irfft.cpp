#include "kernels/fourier.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareIrfft(PrepareContext& context, const IrfftArgs& args) {
  const Tensor& real = *args.real;
  int front;
  MTC_RETURN_IF_ERROR(PrepareParts(context, real, args.imag, args.axis, &front));
  if (args.size.size() != 1 || args.size[0] < 0 || args.size[0] / 2 + 1 != real.dims[front]) {
    return context.Fail(Status::kInvalidArgument, "a one-sided transform has size / 2 + 1 numbers");
  }
  MTC_RETURN_IF_ERROR(ResizeAlong(context, real, front, args.size[0], args.out));
  return PrepareTransform(context, real, args.size[0]);
}
#endif

// From the first half x of the transform of `count` real numbers: of an even number of them, the transform of half as
// many complex numbers whose parts are neighbours among them; of an odd number, all of it.
template <typename T>
void Complete(const Transform<T>& transform, const T* x, int64_t count, T* z) {
  using Number = ComplexPack<T>;
  const int64_t half = count / 2;
  const bool folds = count % 2 == 0;
  for (int64_t k = 0; k < half + !folds; ++k) {
    const T *here = x + k * kNumber, *there = x + (half - k) * kNumber;
    const T cosine = transform.CosineOf(k), sine = transform.SineOf(k);
    for (int64_t lane = 0; lane < kLines; lane += Simd<T>::kLanes) {
      const Number a = Number::At(here + lane);
      if (folds) {
        const Number b = Number::At(there + lane).Conjugate();
        const Number odd = (a - b).Turned(cosine, sine);
        (a + b + odd.Quarter(-1)).To(z + k * kNumber + lane);
      } else {
        a.To(z + k * kNumber + lane);
        if (k > 0) a.Conjugate().To(z + (count - k) * kNumber + lane);
      }
    }
  }
}

template <typename T>
Status RunIrfft(KernelContext& context, const IrfftArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const Lines lines(AxisSizes(*args.real, args.axis)), out(AxisSizes(*args.out, args.axis));
  const bool folds = out.count % 2 == 0;
  const Transform<T> transform(static_cast<const Rotations&>(*context.state), out.count / (folds ? 2 : 1), true);
  ForLineBlocks<T>(context, (lines.total + kLines - 1) / kLines, out.count, [&](int64_t block, T* const* buffers) {
    const int64_t first = block * kLines;
    T *x = buffers[0], *z = buffers[1];
    ReadLines(lines, first, args.real->as<T>(), x);
    ReadLines(lines, first, args.imag->as<T>(), x + kLines);
    std::memset(x + kLines, 0, kLines * sizeof(T));  // the transform of real numbers is real there
    if (folds) std::memset(x + out.count / 2 * kNumber + kLines, 0, kLines * sizeof(T));
    Complete(transform, x, out.count, z);
    WriteLines(out, first, transform.Run(z, buffers[2]), args.out->as<T>(), folds ? kLines : kNumber);
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Irfft)

}  // namespace MTC_PORTABLE
