// What the C++ of compiled steps is made with: functions of one number that a compiler can work out for many
// numbers at once, and the product of two small matrices of known size.
//
// Functions: argument reduction and polynomials after the Cephes library (S. L. Moshier, single precision);
// they are right to about two units in the last place, and numbers that are none stay none.
#include <cmath>
#include <cstdint>
#include <cstring>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace {

// While one of these lives, numbers below 1.2e-38 count as zero: the processor takes some hundred times as long
// for them, and a trained network's squared gradients are full of them.
struct WithoutTinyNumbers {
#if defined(__SSE__)
  const unsigned before = _mm_getcsr();
  WithoutTinyNumbers() { _mm_setcsr(before | 0x8040); }
  ~WithoutTinyNumbers() { _mm_setcsr(before); }
#elif defined(__aarch64__)
  uint64_t before;
  WithoutTinyNumbers() {
    asm volatile("mrs %0, fpcr" : "=r"(before));
    asm volatile("msr fpcr, %0" : : "r"(before | (uint64_t(1) << 24)) : "memory");
  }
  ~WithoutTinyNumbers() { asm volatile("msr fpcr, %0" : : "r"(before) : "memory"); }
#endif
};

template <class To, class From>
inline To bits(From from) {
  To to;
  static_assert(sizeof to == sizeof from, "the same bits");
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// The nearest number with the eight digits (of two) that bfloat16 has; of two as near, the even one.
inline float brief(float x) {
  const uint32_t whole = bits<uint32_t>(x);
  return x != x ? x : bits<float>((whole + 0x7fffu + ((whole >> 16) & 1u)) & 0xffff0000u);
}

inline float exponential(float x) {
  const float high = 88.72283f, low = -87.33654f;
  const float inside = x > high ? high : x < low ? low : x;
  const float power = std::nearbyint(inside * 1.44269504f);
  const float r = inside - power * 0.693359375f + power * 2.12194440e-4f;
  float y = 1.9875691500e-4f;
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  // In two halves, for two to the 128th is no number any more.
  const int32_t whole = int32_t(power), half = whole >> 1;
  y = y * bits<float>((half + 127) << 23) * bits<float>((whole - half + 127) << 23);
  return x > high ? INFINITY : x < low ? 0.0f : y;
}

// The logarithm of two to the `power` times one and m; m from -0.3 to 0.42.
inline float logarithm_of_parts(float power, float m) {
  const float z = m * m;
  float y = 7.0376836292e-2f;
  y = y * m - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  y = y * m * z - power * 2.12194440e-4f - 0.5f * z;
  return m + y + power * 0.693359375f;
}

inline float logarithm(float x) {
  const int32_t raw = bits<int32_t>(x);
  const float power = float((raw >> 23) - 126);
  const float m = bits<float>((raw & 0x007fffff) | 0x3f000000);  // from one half to one
  const bool less = m < 0.707106781186547524f;
  const float found = logarithm_of_parts(less ? power - 1.0f : power, less ? m + m - 1.0f : m - 1.0f);
  return x == 0.0f ? -INFINITY : x < 0.0f ? NAN : x < INFINITY ? found : x;
}

inline float logarithm_of_one_and(float x) {
  return x > -0.29f && x < 0.41f ? logarithm_of_parts(0.0f, x) : logarithm(1.0f + x);
}

inline float tangent(float x) {  // hyperbolic
  const float size = std::fabs(x), z = x * x;
  float y = -5.70498872745e-3f;
  y = y * z + 2.06390887954e-2f;
  y = y * z - 5.37397155531e-2f;
  y = y * z + 1.33314422036e-1f;
  y = y * z - 3.33332819422e-1f;
  const float near = y * z * x + x;
  const float far = 1.0f - 2.0f / (exponential(2.0f * size) + 1.0f);
  return size < 0.625f ? near : std::copysign(far, x);
}

inline float logistic(float x) { return 1.0f / (1.0f + exponential(-x)); }

template <int lanes>
struct Register {
  typedef float type __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
};

// What the sums of a product begin with: nothing, a number for each column or row, or what is there.
enum class Begin { zero, column, row, there };

// `high` rows of `wide` registers of a product, kept in registers while the inner numbers are gone through.
// left: columns from here on, of `columns` in a row of c.
template <Begin begin, int high, int wide, int inner, int a_row, int a_column, int b_row, int lanes, int columns,
          int left>
inline void tile(const float* a, const float* b, const float* start, float* c) {
  typedef typename Register<lanes>::type Lanes;
  constexpr int numbers = left < wide * lanes ? left : wide * lanes;
  Lanes sums[high][wide];
#pragma GCC unroll 16
  for (int i = 0; i < high; ++i) {
    if constexpr (begin == Begin::there) std::memcpy(sums[i], c + i * columns, numbers * sizeof(float));
#pragma GCC unroll 16
    for (int j = 0; j < wide; ++j) {
      if constexpr (begin == Begin::zero) sums[i][j] = Lanes{};
      if constexpr (begin == Begin::column) sums[i][j] = *reinterpret_cast<const Lanes*>(start + j * lanes);
      if constexpr (begin == Begin::row) sums[i][j] = Lanes{} + start[i];
    }
  }
  for (int k = 0; k < inner; ++k) {
    Lanes row[wide];
#pragma GCC unroll 16
    for (int j = 0; j < wide; ++j) row[j] = *reinterpret_cast<const Lanes*>(b + k * b_row + j * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < high; ++i)
#pragma GCC unroll 16
      for (int j = 0; j < wide; ++j) sums[i][j] += row[j] * a[i * a_row + k * a_column];
  }
#pragma GCC unroll 16
  for (int i = 0; i < high; ++i) std::memcpy(c + i * columns, sums[i], numbers * sizeof(float));
}

// c = a · b + what it begins with, from column `done` on. a: (rows, inner) with these strides; b: (inner, whole
// registers); c: (rows, columns).
template <Begin begin, int rows, int columns, int inner, int a_row, int a_column, int b_row, int lanes, int done = 0>
inline void product(const float* a, const float* b, const float* start, float* c) {
  constexpr int left = columns - done, registers = (left + lanes - 1) / lanes;
  constexpr int wide = registers < 4 ? registers : 4, high = wide == 1 ? 8 : 16 / wide, over = rows % high;
  constexpr int down = begin == Begin::row ? 1 : 0, along = begin == Begin::column ? wide * lanes : 0;
  for (int i = 0; i < rows - over; i += high)
    tile<begin, high, wide, inner, a_row, a_column, b_row, lanes, columns, left>(
        a + i * a_row, b, start + i * down, c + i * columns);
  if constexpr (over > 0)
    tile<begin, over, wide, inner, a_row, a_column, b_row, lanes, columns, left>(
        a + (rows - over) * a_row, b, start + (rows - over) * down, c + (rows - over) * columns);
  if constexpr (left > wide * lanes)
    product<begin, rows, columns, inner, a_row, a_column, b_row, lanes, done + wide * lanes>(
        a, b + wide * lanes, start + along, c + wide * lanes);
}

// For products too large for the nearest cache: so many inner numbers of four registers' columns, side by side.
constexpr int deep = 256;
alignas(64) float panel[deep * 64];

// `depth` inner numbers of `width` columns of a product, all rows; see `large_product`.
template <Begin begin, int rows, int columns, int width, int depth, int a_row, int a_column, int b_row, int b_column,
          int lanes>
inline void block(const float* a, const float* b, const float* start, float* c) {
  constexpr int wide = (width + lanes - 1) / lanes, room = wide * lanes, high = wide == 1 ? 8 : 16 / wide;
  constexpr int over = rows % high, down = begin == Begin::row ? 1 : 0, few = 16;
  for (int from = 0; from < depth; from += few)
    for (int j = 0; j < (b_column == 1 ? 1 : width); ++j)
      for (int k = from; k < (from + few < depth ? from + few : depth); ++k) {
        if constexpr (b_column == 1) std::memcpy(panel + k * room, b + k * b_row, width * sizeof(float));
        else panel[k * room + j] = b[k * b_row + j * b_column];
      }
  for (int i = 0; i < rows - over; i += high)
    tile<begin, high, wide, depth, a_row, a_column, room, lanes, columns, width>(a + i * a_row, panel, start + i * down,
                                                                             c + i * columns);
  if constexpr (over > 0)
    tile<begin, over, wide, depth, a_row, a_column, room, lanes, columns, width>(
        a + (rows - over) * a_row, panel, start + (rows - over) * down, c + (rows - over) * columns);
}

// c = a · b + what it begins with, as `product`, for matrices of which the nearest cache holds a part only; the
// numbers of b may lie in any order.
template <Begin begin, int rows, int columns, int inner, int a_row, int a_column, int b_row, int b_column, int lanes,
          int width>
inline void columns_of(const float* a, const float* b, const float* start, float* c) {
  constexpr int first = inner < deep ? inner : deep, rest = inner % deep;
  block<begin, rows, columns, width, first, a_row, a_column, b_row, b_column, lanes>(a, b, start, c);
  for (int k = deep; k < inner - rest; k += deep)
    block<Begin::there, rows, columns, width, deep, a_row, a_column, b_row, b_column, lanes>(
        a + k * a_column, b + k * b_row, start, c);
  if constexpr (inner > deep && rest > 0)
    block<Begin::there, rows, columns, width, rest, a_row, a_column, b_row, b_column, lanes>(
        a + (inner - rest) * a_column, b + (inner - rest) * b_row, start, c);
}

template <Begin begin, int rows, int columns, int inner, int a_row, int a_column, int b_row, int b_column, int lanes>
inline void large_product(const float* a, const float* b, const float* start, float* c) {
  constexpr int width = columns < 4 * lanes ? columns : 4 * lanes, over = columns % width;
  constexpr int along = begin == Begin::column ? 1 : 0;
  for (int j = 0; j < columns - over; j += width)
    columns_of<begin, rows, columns, inner, a_row, a_column, b_row, b_column, lanes, width>(
        a, b + j * b_column, start + j * along, c + j);
  if constexpr (over > 0)
    columns_of<begin, rows, columns, inner, a_row, a_column, b_row, b_column, lanes, over>(
        a, b + (columns - over) * b_column, start + (columns - over) * along, c + columns - over);
}

// Registers for so many columns: as wide as there are, narrower for few.
constexpr int lanes_for(int columns) { return columns <= 4 ? 4 : columns <= 8 ? 8 : 16; }
constexpr int whole(int columns) { return (columns + lanes_for(columns) - 1) / lanes_for(columns) * lanes_for(columns); }

}  // namespace
