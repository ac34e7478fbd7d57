// Which places of the result of a transposed convolution those of its input meet, along one axis: input place `i` meets
// place i * stride + tap * dilation - before with each tap of the window.

#ifndef MTC_KERNELS_TRANSPOSED_REACH_H_
#define MTC_KERNELS_TRANSPOSED_REACH_H_

#include <cstdint>
#include <numeric>

#include "kernels/operands.h"
#include "kernels/spatial.h"

namespace MTC_PORTABLE {

// What input places [first, last) do to the results along one axis.
struct Reach {
  // Results that they meet, those before them that nothing meets, and with the last input place all that are left.
  int64_t begin, end;
  int64_t fresh;   // results from here on have met nothing before
  int64_t closed;  // results before this one meet nothing later
};

inline Reach ReachOf(const Spatial& s, int axis, int64_t first, int64_t last) {
  const auto within = [&](int64_t place) { return Least(Most(place, 0), s.out[axis]); };
  const auto begin = [&](int64_t in) { return within(in * s.stride[axis] - s.before[axis]); };
  const auto end = [&](int64_t in) { return within((in - 1) * s.stride[axis] + s.extent(axis) - s.before[axis]); };
  const int64_t fresh = first == 0 ? 0 : end(first);
  const bool is_last = last == s.in[axis];
  return {Least(fresh, begin(first)), is_last ? s.out[axis] : end(last), fresh, is_last ? s.out[axis] : begin(last)};
}

// Results that `count` input places reach at most: an input place's are at most a stride from the next one's, and
// behind the last ones there is less than a stride or a step of the window.
inline int64_t MostReached(const Spatial& s, int axis, int64_t count) {
  return Least(s.out[axis], (count + 1) * s.stride[axis] + s.dilation[axis] + s.extent(axis));
}

// An input place, counted from the first one of a block, and the tap that it meets a place of the result with.
struct Meeting {
  int64_t place, tap;
};

inline int64_t MostMeetings(const Spatial& s, int axis) {
  return Quotient(s.kernel[axis], s.stride[axis] / std::gcd(s.stride[axis], s.dilation[axis]));
}

// The meetings of each place of the result that a block reaches.
struct MeetingTable {
  Meeting* meetings;
  int64_t* counts;
  int64_t most;  // of one place
  int64_t begin = 0;

  Span<const Meeting> Of(int64_t at) const {
    return {meetings + (at - begin) * most, static_cast<size_t>(counts[at - begin])};
  }
};

// Those with input places [first, last), whose reach is given.
inline void FindMeetings(const Spatial& s, int axis, int64_t first, int64_t last, const Reach& reach,
                         MeetingTable* table) {
  table->begin = reach.begin;
  const int64_t size = reach.end - reach.begin;
  for (int64_t at = 0; at < size; ++at) table->counts[at] = 0;
  for (int64_t tap = 0; tap < s.kernel[axis]; ++tap) {
    for (int64_t place = first; place < last; ++place) {
      const int64_t at = place * s.stride[axis] + tap * s.dilation[axis] - s.before[axis] - reach.begin;
      if (at >= 0 && at < size) table->meetings[at * table->most + table->counts[at]++] = {place - first, tap};
    }
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_TRANSPOSED_REACH_H_
