// Prepare and Run of the portable convolutions whose images are rounded to 8 bits as they come: in floats, with the
// numbers that the integers stand for.

#ifndef MTC_KERNELS_PORTABLE_CONV_DYNAMIC_KERNEL_H_
#define MTC_KERNELS_PORTABLE_CONV_DYNAMIC_KERNEL_H_

#include "kernels/portable/conv_kernel.h"
#include "kernels/rounded_rows.h"

namespace MTC_PORTABLE {

// Operands in floats, in scratch; the weights no constant any more.
struct RealOperands {
  Tensor x, weight;

  static int64_t Size(const Tensor& tensor) {
    return RoundUp(tensor.count(), 64 / static_cast<int64_t>(sizeof(float)));
  }

  RealOperands(const Tensor& images, const Tensor& weights, void* scratch) : x(images), weight(weights) {
    weight.dtype = DType::kF32;
    weight.quantization = nullptr;
    weight.constant = kNotConstant;
    x.data = scratch;
    weight.data = static_cast<float*>(scratch) + Size(x);
  }
};

#if MTC_ISA_LEVEL == 0
template <typename Args>
Status PrepareDynamicConvolution(PrepareContext& context, const Args& args, int spatial) {
  MTC_RETURN_IF_ERROR(CheckConvolution(context, args, spatial));
  const Quantization& q = *args.weight->quantization;
  if (!args.dynamic || q.axis > 0 || q.block != 0) {
    return context.Fail(Status::kInvalidProgram, "weights that are not integers with a scale for each output channel");
  }
  if (args.out->count() == 0) return Status::kOk;
  const RealOperands real(*args.x, *args.weight, nullptr);
  context.RequireScratch(RealOperands::Size(real.x), 1, sizeof(float));
  context.RequireScratch(RealOperands::Size(real.weight), 1, sizeof(float));
  return PrepareProduct<float>(context, real.weight, SizesOf(args));
}
#endif

// The numbers that the integers nearest to those of an image stand for.
MTC_INLINE void RoundImage(ThreadPool* threads, const float* x, int64_t count, float* out) {
  Range range;
  Extend(range, x, count);
  const RowScale by = ScaleFor(range);
  ParallelFor(threads, count, kElementGrain,
              [&](int64_t begin, int64_t end) { RoundToReal(x + begin, end - begin, by, out + begin); });
}

MTC_INLINE void DecodeChannels(ThreadPool* threads, const Tensor& weight, float* out) {
  const int64_t channels = weight.dims[0], each = weight.count() / channels;
  ParallelFor(threads, channels, 1 + kElementGrain / each, [&](int64_t begin, int64_t end) {
    for (int64_t channel = begin; channel < end; ++channel) {
      const Quantization& q = *weight.quantization;
      const int64_t at = q.axis < 0 ? 0 : channel;
      const float scale = ScaleAt(q, at), zero = static_cast<float>(ZeroPointAt(q, at));
      const int8_t* from = weight.as<const int8_t>() + channel * each;
      for (int64_t i = 0; i < each; ++i) out[channel * each + i] = (static_cast<float>(from[i]) - zero) * scale;
    }
  });
}

template <typename Args>
Status RunDynamicConvolution(KernelContext& context, const Args& args) {
  if (args.out->count() == 0) return Status::kOk;
  const RealOperands real(*args.x, *args.weight, context.scratch);
  const int64_t batch = args.x->dims[0], each = args.x->count() / batch;
  for (int64_t i = 0; i < batch; ++i) {
    RoundImage(context.threads, args.x->template as<const float>() + i * each, each, real.x.as<float>() + i * each);
  }
  DecodeChannels(context.threads, *args.weight, real.weight.as<float>());
  Args floats = args;
  floats.x = &real.x;
  floats.weight = &real.weight;
  return RunConvolution<float>(context, floats, real.weight.as<float>() + RealOperands::Size(real.weight));
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PORTABLE_CONV_DYNAMIC_KERNEL_H_
