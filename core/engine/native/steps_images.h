// Convolution and pooling of images of known size, one sample after the other.

namespace {

// Start values of a product: none, one for each row, or what is there already.
enum class Start { zero, row, there };

template <int high, int wide, int inner, int a_row, int a_column, int b_row, int lanes, int columns, int left,
          Start start>
inline void tile_of_rows(const float* a, const float* b, const float* begin, float* c) {
  typedef typename Register<lanes>::type Lanes;
  constexpr int numbers = left < wide * lanes ? left : wide * lanes;
  Lanes sums[high][wide];
