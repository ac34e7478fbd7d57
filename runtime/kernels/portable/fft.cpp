#include "kernels/fourier.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareFft(PrepareContext& context, const FftArgs& args) {
  const Tensor& real = *args.real;
  int front;
  MTC_RETURN_IF_ERROR(PrepareParts(context, real, args.imag, args.axis, &front));
  const int64_t count = real.dims[front];
  if (count == 0) return context.Fail(Status::kInvalidArgument, "a transform of no numbers");
  for (Tensor* out : {args.out0, args.out1}) {
    if (out == nullptr) continue;
    MTC_RETURN_IF_ERROR(ResizeAlong(context, real, front, args.onesided ? count / 2 + 1 : count, out));
  }
  return PrepareTransform(context, real, count);
}
#endif

// The transform of `count` real numbers, an even number of them, from that of the half as many complex numbers whose
// parts are neighbours among them.
template <typename T>
void Unfold(const Transform<T>& transform, const T* z, int64_t count, bool onesided, T* out) {
  using Number = ComplexPack<T>;
  const int64_t half = count / 2;
  for (int64_t k = 0; k <= half; ++k) {
    const T *here = z + k % half * kNumber, *there = z + (half - k) % half * kNumber;
    const T cosine = transform.CosineOf(k), sine = transform.SineOf(k);
    for (int64_t lane = 0; lane < kLines; lane += Simd<T>::kLanes) {
      const Number a = Number::At(here + lane), b = Number::At(there + lane).Conjugate();
      const Number even = (a + b) * T(0.5), odd = (a - b).Quarter(1) * T(0.5);
      const Number sum = even + odd.Turned(cosine, sine);
      sum.To(out + k * kNumber + lane);
      if (!onesided && k > 0 && k < half) sum.Conjugate().To(out + (count - k) * kNumber + lane);
    }
  }
}

template <typename T>
Status RunFft(KernelContext& context, const FftArgs& args) {
  if (args.real->count() == 0) return Status::kOk;
  const Lines lines(AxisSizes(*args.real, args.axis));
  Lines kept = lines;
  if (args.onesided) kept.count = lines.count / 2 + 1;
  const T *real = args.real->as<T>(), *imag = args.imag ? args.imag->as<T>() : nullptr;
  const bool folds = imag == nullptr && lines.count % 2 == 0;
  const Transform<T> transform(static_cast<const Rotations&>(*context.state), lines.count / (folds ? 2 : 1),
                               args.inverse);
  ForLineBlocks<T>(context, (lines.total + kLines - 1) / kLines, lines.count, [&](int64_t block, T* const* buffers) {
    const int64_t first = block * kLines;
    T *z = buffers[0], *result = buffers[2];
    ReadLines(lines, first, real, z, folds ? kLines : kNumber);
    if (imag != nullptr) {
      ReadLines(lines, first, imag, z + kLines);
    } else if (!folds) {
      for (int64_t n = 0; n < lines.count; ++n) std::memset(z + n * kNumber + kLines, 0, kLines * sizeof(T));
    }
    z = transform.Run(z, buffers[1]);
    if (folds) {
      Unfold(transform, z, lines.count, args.onesided, result);
    } else {
      result = z;
    }
    if (args.out0 != nullptr) WriteLines(kept, first, result, args.out0->as<T>());
    if (args.out1 != nullptr) WriteLines(kept, first, result + kLines, args.out1->as<T>());
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Fft)

}  // namespace MTC_PORTABLE
