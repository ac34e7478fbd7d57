#include "kernels/resize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareUpsampleBilinear2d(PrepareContext& context, const UpsampleBilinear2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckScales(context, args.scales));
  MTC_RETURN_IF_ERROR(PrepareResize(context, *args.x, args.out, args.size, args.layout));
  context.RequireScratch(1, args.size[1], sizeof(Taps<double, 2>));  // of a row
  return Status::kOk;
}
#endif

// The two pixels around the centre of pixel `i`.
template <typename P>
MTC_INLINE Taps<P, 2> LinearTaps(int64_t length, P step, int64_t i, bool align_corners) {
  const P centre = PixelCentre(step, i, align_corners), last = static_cast<P>(length - 1);
  const P where = centre < 0 ? P{0} : centre > last ? last : centre;
  int64_t low = static_cast<int64_t>(where);
  if (low >= length) low = length - 1;  // `last` may have been rounded up
  const int64_t high = low + 1 < length ? low + 1 : low;
  const P weight = where - static_cast<P>(low);
  return {{low, high}, {1 - weight, weight}};
}

template <typename T>
Status RunUpsampleBilinear2d(KernelContext& context, const UpsampleBilinear2dArgs& args) {
  using P = Position<T>;
  const bool align = args.align_corners;
  const Images from(*args.x, args.layout);
  const P down = PixelStep<P>(from.height, args.size[0], args.scales[0], align);
  const P across = PixelStep<P>(from.width, args.size[1], args.scales[1], align);
  Resize<T, 2>(
      context, *args.x, *args.out, args.layout, [&](int64_t i) { return LinearTaps(from.height, down, i, align); },
      [&](int64_t i) { return LinearTaps(from.width, across, i, align); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(UpsampleBilinear2d)

}  // namespace MTC_PORTABLE
