// A growing array. The code that moves elements is not there once more for each type, as std::vector's is: elements are
// moved as bytes, which is right for all types that do not point into themselves, and those are all that stand in one.

#ifndef MTC_CORE_LIST_H_
#define MTC_CORE_LIST_H_

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "core/span.h"

namespace mtc {

// The part that knows no type: `item` is the size of an element. Memory that the system does not give ends the process.
class ListBytes {
 protected:
  ListBytes() = default;
  ~ListBytes();
  void Reserve(size_t count, size_t item);
  // No more than `count` elements, and room for as many. Room doubles, so that a list may grow one by one.
  void Begin(size_t count, size_t item);
  // The new elements are zeros.
  void Resize(size_t count, size_t item);
  // Makes room for one element before the one at `at`, and returns it.
  void* Open(size_t at, size_t item);
  // Closes the gap that the element at `at` left.
  void Close(size_t at, size_t item);
  void Swap(ListBytes& other);

  void* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

template <typename T>
class List : private ListBytes {
  static_assert(alignof(T) <= alignof(std::max_align_t));

 public:
  List() = default;
  explicit List(size_t count) { Resize(count); }
  List(List&& other) noexcept { Swap(other); }
  List& operator=(List&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~List() {
    if constexpr (!std::is_trivially_destructible_v<T>) Clear();
  }

  T* data() { return static_cast<T*>(data_); }
  const T* data() const { return static_cast<const T*>(data_); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](size_t index) { return data()[index]; }
  const T& operator[](size_t index) const { return data()[index]; }
  T& back() { return data()[size_ - 1]; }
  const T& back() const { return data()[size_ - 1]; }
  operator Span<T>() { return {data(), size_}; }
  operator Span<const T>() const { return {data(), size_}; }

  void Add(T element) { new (Open(size_, sizeof(T))) T(std::move(element)); }
  void Insert(const T* before, T element) {
    new (Open(static_cast<size_t>(before - data()), sizeof(T))) T(std::move(element));
  }
  void Remove(const T* element) {
    const size_t at = static_cast<size_t>(element - data());
    data()[at].~T();
    Close(at, sizeof(T));
  }
  // New elements are as T() makes them.
  void Resize(size_t count) {
    if constexpr (std::is_trivially_default_constructible_v<T>) {
      ListBytes::Resize(count, sizeof(T));
    } else {
      Begin(count);
      for (; size_ < count; ++size_) new (data() + size_) T();
    }
  }
  void Clear() {
    if constexpr (std::is_trivially_destructible_v<T>) {
      size_ = 0;
    } else {
      Begin(0);
    }
  }

 private:
  void Begin(size_t count) {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      while (size_ > count) data()[--size_].~T();
    }
    ListBytes::Begin(count, sizeof(T));
  }
};

}  // namespace mtc

#endif  // MTC_CORE_LIST_H_
