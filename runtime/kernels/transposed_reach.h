// Which places of the result of a transposed convolution those of its input meet, along one axis: input place `i` meets
// place i * stride + tap * dilation - before with each tap of the window.

#ifndef MTC_KERNELS_TRANSPOSED_REACH_H_
#define MTC_KERNELS_TRANSPOSED_REACH_H_

#include <cstdint>
#include <numeric>

#include "kernels/operands.h"
#include "kernels/spatial.h"

namespace MTC_PORTABLE {

// An input place of a block, and the tap that it meets a place of the result with, along one axis.
struct Meeting {
  int64_t place, tap;
};

// The meetings of each place of the result along one axis.
struct MeetingTable {
  Meeting* meetings;
  int64_t* counts;
  int64_t most;  // of one place

  Span<const Meeting> Of(int64_t at) const { return {meetings + at * most, static_cast<size_t>(counts[at])}; }
};

inline int64_t MostMeetings(const Spatial& s, int axis) {
  return Quotient(s.kernel[axis], s.stride[axis] / std::gcd(s.stride[axis], s.dilation[axis]));
}

// Those with input places [first, last).
inline void FindMeetings(const Spatial& s, int axis, int64_t first, int64_t last, const MeetingTable& table) {
  for (int64_t at = 0; at < s.out[axis]; ++at) table.counts[at] = 0;
  for (int64_t tap = 0; tap < s.kernel[axis]; ++tap) {
    for (int64_t place = first; place < last; ++place) {
      const int64_t at = place * s.stride[axis] + tap * s.dilation[axis] - s.before[axis];
      if (at >= 0 && at < s.out[axis]) table.meetings[at * table.most + table.counts[at]++] = {place - first, tap};
    }
  }
}

// What an input range [first, last) does to the results along one axis.
struct Reach {
  int64_t begin, end;  // results that it meets, and those before it that nothing meets
  int64_t fresh;       // results from here on have met nothing before
  int64_t closed;      // results before this one meet nothing later
};
inline Reach ReachOf(const Spatial& s, int axis, int64_t first, int64_t last) {
  const auto within = [&](int64_t place) { return Least(Most(place, 0), s.out[axis]); };
  const int64_t extent = (s.kernel[axis] - 1) * s.dilation[axis] + 1, offset = s.before[axis];
  const auto begin = [&](int64_t in) { return within(in * s.stride[axis] - offset); };
  const auto end = [&](int64_t in) { return within((in - 1) * s.stride[axis] + extent - offset); };
  const int64_t fresh = first == 0 ? 0 : end(first);
  const bool is_last = last == s.in[axis];
  return {Least(fresh, begin(first)), is_last ? s.out[axis] : end(last), fresh, is_last ? s.out[axis] : begin(last)};
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_TRANSPOSED_REACH_H_
