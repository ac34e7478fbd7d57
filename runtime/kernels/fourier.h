// Discrete Fourier transforms along an axis, sixteen lines of it at a time: a vector holds the same place of several
// lines, so that every step works on whole vectors however long a line is.

#ifndef MTC_KERNELS_FOURIER_H_
#define MTC_KERNELS_FOURIER_H_

#include <cmath>
#include <cstring>
#include <memory>
#include <new>

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/axis_run.h"
#include "kernels/transpose.h"

namespace mtc::kernels {

inline constexpr int64_t kLines = 16;
inline constexpr int64_t kNumber = 2 * kLines;  // elements of one place: the real parts of all lines, then the others
inline constexpr int64_t kLongestTransform = int64_t{1} << 26;
inline constexpr int64_t kMostSteps = int64_t{1} << 34;  // for a prime factor, each number takes as many steps

// exp(-2i * pi * k / count) for each k: cosines and sines by turns.
class Rotations : public KernelState {
 public:
  int64_t count = 0;
  std::unique_ptr<double[]> values;
};

// Elements of one of a thread's three buffers.
constexpr int64_t TransformBuffer(int64_t count) { return (count + 2) * kNumber; }

// Quarter turns are exact: what is zero of a transform is to be zero.
inline void Rotate(int64_t k, int64_t count, double* to) {
  const int64_t quarter = 4 * k / count, rest = 4 * k % count;
  const double angle = 1.5707963267948966192 * static_cast<double>(rest) / static_cast<double>(count);
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const double cosines[] = {cosine, -sine, -cosine, sine}, sines[] = {-sine, -cosine, sine, cosine};
  to[0] = cosines[quarter];
  to[1] = sines[quarter];
}

// Finds the axis of the parts of a complex tensor; `imag` may be null.
inline Status PrepareParts(PrepareContext& context, const Tensor& real, const Tensor* imag, int64_t axis, int* front) {
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, axis, real.rank, front));
  bool fits = real.rank > 0 && (imag == nullptr || imag->rank == real.rank);
  for (int i = 0; fits && imag != nullptr && i < real.rank; ++i) fits = real.dims[i] == imag->dims[i];
  if (fits) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "a transform of a single number, or of parts that differ in shape");
}

// Gives a result its shape: that of x but for `size` numbers along the axis.
inline Status ResizeAlong(PrepareContext& context, const Tensor& x, int front, int64_t size, Tensor* out) {
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; ++i) dims[i] = i == front ? size : x.dims[i];
  return context.Resize(out, {dims, static_cast<size_t>(x.rank)});
}

// The largest prime factor of `count`, which is positive.
inline int64_t LargestFactor(int64_t count) {
  int64_t largest = 1;
  for (int64_t factor = 2; factor * factor <= count; ++factor) {
    for (; count % factor == 0; count /= factor) largest = factor;
  }
  return count > 1 ? count : largest;
}

// Makes the rotations and requires scratch for transforms of `count` numbers.
inline Status PrepareTransform(PrepareContext& context, const Tensor& x, int64_t count) {
  if (count > kLongestTransform) {
    return context.Fail(Status::kInvalidArgument, "a transform of %lld numbers", static_cast<long long>(count));
  }
  if (x.count() == 0 || count == 0) return Status::kOk;
  if (const int64_t factor = LargestFactor(count); factor > kMostSteps / count) {
    return context.Fail(Status::kInvalidArgument, "a transform of %lld numbers has the prime factor %lld; pad it",
                        static_cast<long long>(count), static_cast<long long>(factor));
  }
  context.RequireScratch(static_cast<int64_t>(WorkerCount(context.threads)), 3 * TransformBuffer(count),
                         SizeOf(x.dtype));
  auto* rotations = StateOf<Rotations>(context);
  if (rotations == nullptr) return OutOfMemory(context);
  if (rotations->count == count) return Status::kOk;
  rotations->count = 0;
  rotations->values.reset(new (std::nothrow) double[static_cast<size_t>(2 * count)]);
  if (rotations->values == nullptr) return OutOfMemory(context);
  for (int64_t k = 0; k < count; ++k) Rotate(k, count, rotations->values.get() + 2 * k);
  rotations->count = count;
  return Status::kOk;
}

}  // namespace mtc::kernels

namespace MTC_PORTABLE {

// Lines along an axis of a dense tensor, counted through the axes around it.
struct Lines {
  int64_t count, inner, total;

  explicit Lines(const AxisSizes& sizes) : count(sizes.count), inner(sizes.inner), total(sizes.outer * sizes.inner) {}
  int64_t Begin(int64_t line) const { return line / inner * count * inner + line % inner; }
  int64_t Present(int64_t first) const { return first < total ? Least(total - first, kLines) : 0; }
  bool AreAdjacent(int64_t first) const {
    return Present(first) == kLines && Begin(first + kLines - 1) == Begin(first) + kLines - 1;
  }
};

// Lines first, first + 1, ... of x, each place `step` after the one before: kNumber for the parts of complex numbers,
// kLines for pairs of neighbours as complex ones. Lines that are not there are zero.
template <typename T>
void ReadLines(const Lines& lines, int64_t first, const T* x, T* to, int64_t step = kNumber) {
  const int64_t present = lines.Present(first);
  if (lines.AreAdjacent(first)) {
    x += lines.Begin(first);
    for (int64_t n = 0; n < lines.count; ++n) std::memcpy(to + n * step, x + n * lines.inner, kLines * sizeof(T));
  } else if (lines.inner == 1 && present == kLines) {
    x += lines.Begin(first);
    for (int64_t n = 0; n < lines.count; n += kTransposeTile) {
      TransposeBlock(x + n, lines.count, to + n * step, step, Least(lines.count - n, kTransposeTile), kLines);
    }
  } else {
    for (int64_t lane = 0; lane < kLines; ++lane) {
      const T* from = lane < present ? x + lines.Begin(first + lane) : nullptr;
      for (int64_t n = 0; n < lines.count; ++n) to[n * step + lane] = from ? from[n * lines.inner] : T{0};
    }
  }
}

template <typename T>
void WriteLines(const Lines& lines, int64_t first, const T* from, T* out, int64_t step = kNumber) {
  const int64_t present = lines.Present(first);
  if (lines.AreAdjacent(first)) {
    out += lines.Begin(first);
    for (int64_t n = 0; n < lines.count; ++n) std::memcpy(out + n * lines.inner, from + n * step, kLines * sizeof(T));
  } else if (lines.inner == 1 && present == kLines) {
    out += lines.Begin(first);
    for (int64_t n = 0; n < lines.count; n += kTransposeTile) {
      TransposeBlock(from + n * step, step, out + n, lines.count, kLines, Least(lines.count - n, kTransposeTile));
    }
  } else {
    for (int64_t lane = 0; lane < present; ++lane) {
      T* to = out + lines.Begin(first + lane);
      for (int64_t n = 0; n < lines.count; ++n) to[n * lines.inner] = from[n * step + lane];
    }
  }
}

template <typename T>
struct ComplexPack {
  using V = typename Simd<T>::Vector;
  V re, im;

  MTC_INLINE static ComplexPack At(const T* number) { return {Load<V>(number), Load<V>(number + kLines)}; }
  MTC_INLINE void To(T* number) const {
    Store(number, re);
    Store(number + kLines, im);
  }
  MTC_INLINE ComplexPack operator+(ComplexPack b) const { return {re + b.re, im + b.im}; }
  MTC_INLINE ComplexPack operator-(ComplexPack b) const { return {re - b.re, im - b.im}; }
  MTC_INLINE ComplexPack operator*(T by) const { return {re * by, im * by}; }
  MTC_INLINE ComplexPack Conjugate() const { return {re, -im}; }
  // Times cosine + i * sine.
  MTC_INLINE ComplexPack Turned(T cosine, T sine) const { return {re * cosine - im * sine, im * cosine + re * sine}; }
  // Times -i, or i where `sign` is -1.
  MTC_INLINE ComplexPack Quarter(T sign) const { return {im * sign, re * -sign}; }
};

// The transforms of 2 to 5 numbers; `sign` is -1 for the inverse.
template <int kRadix, typename T>
MTC_INLINE void SmallTransform(ComplexPack<T> (&a)[kRadix], T sign) {
  if constexpr (kRadix == 2) {
    const ComplexPack<T> b = a[0] - a[1];
    a[0] = a[0] + a[1];
    a[1] = b;
  } else if constexpr (kRadix == 3) {
    const ComplexPack<T> sum = a[1] + a[2], side = ((a[1] - a[2]) * T(0.86602540378443864676)).Quarter(sign);
    const ComplexPack<T> middle = a[0] - sum * T(0.5);
    a[0] = a[0] + sum;
    a[1] = middle + side;
    a[2] = middle - side;
  } else if constexpr (kRadix == 4) {
    const ComplexPack<T> even = a[0] + a[2], odd = a[1] + a[3];
    const ComplexPack<T> left = a[0] - a[2], side = (a[1] - a[3]).Quarter(sign);
    a[0] = even + odd;
    a[1] = left + side;
    a[2] = even - odd;
    a[3] = left - side;
  } else {
    static_assert(kRadix == 5);
    constexpr T kCos1 = T(0.30901699437494742410), kCos2 = T(-0.80901699437494742410);
    constexpr T kSin1 = T(0.95105651629515357212), kSin2 = T(0.58778525229247312917);
    const ComplexPack<T> outer = a[1] + a[4], inner = a[2] + a[3], p = a[1] - a[4], q = a[2] - a[3];
    const ComplexPack<T> first = a[0] + outer * kCos1 + inner * kCos2, second = a[0] + outer * kCos2 + inner * kCos1;
    const ComplexPack<T> one = (p * kSin1 + q * kSin2).Quarter(sign), two = (p * kSin2 - q * kSin1).Quarter(sign);
    a[0] = a[0] + outer + inner;
    a[1] = first + one;
    a[2] = second + two;
    a[3] = second - two;
    a[4] = first - one;
  }
}

// One transform of sixteen lines by Stockham's algorithm: every step splits each of the `stride` interleaved sequences
// into `radix` of them, and puts numbers where the next step wants them, so that the last leaves them in order.
template <typename T>
class Transform {
 public:
  // Of `count` numbers, or of all that `rotations` are for; these are a multiple of them.
  Transform(const Rotations& rotations, int64_t count, bool inverse)
      : count_(count), scale_(rotations.count / count), table_(rotations.values.get()), sign_(inverse ? T(-1) : T(1)) {}

  // Works in both buffers; returns the one that has the result.
  T* Run(T* x, T* y) const {
    int64_t length = count_, stride = 1;
    while (length > 1) {
      const int64_t radix = Radix(length);
      switch (radix) {
        case 2:
          Step<2>(length, stride, x, y);
          break;
        case 3:
          Step<3>(length, stride, x, y);
          break;
        case 4:
          Step<4>(length, stride, x, y);
          break;
        case 5:
          Step<5>(length, stride, x, y);
          break;
        default:
          StepOf(radix, length, stride, x, y);
      }
      length /= radix;
      stride *= radix;
      T* other = x;
      x = y;
      y = other;
    }
    return x;
  }
  // The parts of exp(-2i * pi * k / count) of all the rotations; its conjugate if inverse.
  MTC_INLINE T CosineOf(int64_t k) const { return static_cast<T>(table_[2 * k]); }
  MTC_INLINE T SineOf(int64_t k) const { return static_cast<T>(table_[2 * k + 1]) * sign_; }

 private:
  using Number = ComplexPack<T>;
  static constexpr int64_t kWidth = Simd<T>::kLanes;

  static int64_t Radix(int64_t length) {
    if (length % 4 == 0) return 4;
    for (int64_t radix = 2; radix * radix <= length; ++radix) {
      if (length % radix == 0) return radix;
    }
    return length;
  }
  MTC_INLINE T Cosine(int64_t k) const { return CosineOf(k * scale_); }
  MTC_INLINE T Sine(int64_t k) const { return SineOf(k * scale_); }

  template <int kRadix>
  void Step(int64_t length, int64_t stride, const T* x, T* y) const {
    const int64_t apart = length / kRadix;
    for (int64_t j = 0; j < apart; ++j) {
      T cosines[kRadix], sines[kRadix];
      for (int t = 1; t < kRadix; ++t) {
        cosines[t] = Cosine(stride * j * t);
        sines[t] = Sine(stride * j * t);
      }
      const T* from = x + stride * j * kNumber;
      T* to = y + stride * j * kRadix * kNumber;
      for (int64_t q = 0; q < stride; ++q, from += kNumber, to += kNumber) {
        for (int64_t lane = 0; lane < kLines; lane += kWidth) {
          Number a[kRadix];
          MTC_UNROLL
          for (int k = 0; k < kRadix; ++k) a[k] = Number::At(from + k * apart * stride * kNumber + lane);
          SmallTransform<kRadix, T>(a, sign_);
          a[0].To(to + lane);
          MTC_UNROLL
          for (int t = 1; t < kRadix; ++t) a[t].Turned(cosines[t], sines[t]).To(to + t * stride * kNumber + lane);
        }
      }
    }
  }

  void StepOf(int64_t radix, int64_t length, int64_t stride, const T* x, T* y) const {
    const int64_t apart = length / radix, turn = count_ / radix;
    for (int64_t place = 0; place < apart * stride; ++place) {
      const int64_t j = place / stride, q = place % stride;
      const T* from = x + place * kNumber;
      for (int64_t t = 0; t < radix; ++t) {
        T* to = y + (q + stride * (radix * j + t)) * kNumber;
        const T cosine = Cosine(stride * j * t), sine = Sine(stride * j * t);
        for (int64_t lane = 0; lane < kLines; lane += kWidth) {
          Number sum = Number::At(from + lane);
          for (int64_t k = 1, angle = t; k < radix; ++k, angle = (angle + t) % radix) {
            const Number a = Number::At(from + k * apart * stride * kNumber + lane);
            sum = sum + a.Turned(Cosine(turn * angle), Sine(turn * angle));
          }
          sum.Turned(cosine, sine).To(to + lane);
        }
      }
    }
  }

  int64_t count_, scale_;
  const double* table_;
  T sign_;
};

// Calls body(block, buffers) for each block of lines, where the three buffers are the thread's own.
template <typename T, typename Body>
void ForLineBlocks(KernelContext& context, int64_t blocks, int64_t count, const Body& body) {
  const int64_t size = TransformBuffer(count);
  ParallelForWorkers(context.threads, blocks, [&](size_t worker, int64_t block) {
    T* buffer = static_cast<T*>(context.scratch) + static_cast<int64_t>(worker) * 3 * size;
    T* buffers[3] = {buffer, buffer + size, buffer + 2 * size};
    body(block, buffers);
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_FOURIER_H_
