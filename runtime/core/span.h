#ifndef MTC_CORE_SPAN_H_
#define MTC_CORE_SPAN_H_

#include <cstddef>
#include <type_traits>

namespace mtc {

// A view of consecutive elements that somebody else owns.
template <typename T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}
  // Span<T> to Span<const T>.
  template <typename U, typename = std::enable_if_t<std::is_same_v<const U, T>>>
  constexpr Span(Span<U> other) : data_(other.data()), size_(other.size()) {}

  constexpr T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](size_t index) const { return data_[index]; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }
  constexpr T& back() const { return data_[size_ - 1]; }
  constexpr Span subspan(size_t first) const { return {data_ + first, size_ - first}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mtc

#endif  // MTC_CORE_SPAN_H_
