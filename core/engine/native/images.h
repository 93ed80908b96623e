// Convolution and pooling of images of known size, one sample after the other.

namespace {

// A window that slides over padded images.
template <int channels_, int height_, int width_, int window_h, int window_w, int step_h, int step_w, int pad_h,
          int pad_w, int spread_h, int spread_w>
struct Window {
  static constexpr int channels = channels_, height = height_, width = width_;
  static constexpr int high = height + 2 * pad_h, wide = width + 2 * pad_w;
  static constexpr int rows = (high - spread_h * (window_h - 1) - 1) / step_h + 1;
  static constexpr int columns = (wide - spread_w * (window_w - 1) - 1) / step_w + 1;
  static constexpr int places = rows * columns, area = window_h * window_w, inner = channels * area;
  static constexpr int room = channels * high * wide;  // of one padded image

  // The image with a border of one number. Its border must hold that number already.
  static inline const float* bordered(const float* image, float* padded) {
    if constexpr (pad_h == 0 && pad_w == 0) return image;
    for (int c = 0; c < channels; ++c)
      for (int h = 0; h < height; ++h)
        std::memcpy(padded + (c * high + h + pad_h) * wide + pad_w, image + (c * height + h) * width,
                    width * sizeof(float));
    return padded;
  }

  // Takes the border off.
  static inline void cropped(const float* padded, float* image) {
    for (int c = 0; c < channels; ++c)
      for (int h = 0; h < height; ++h)
        std::memcpy(image + (c * height + h) * width, padded + (c * high + h + pad_h) * wide + pad_w,
                    width * sizeof(float));
  }

  // Calls visit(where in the window, row, where that row of the padded image begins) for all of one channel.
  template <class Visit>
  static inline void each(Visit visit) {
    for (int h = 0; h < window_h; ++h)
      for (int w = 0; w < window_w; ++w)
        for (int row = 0; row < rows; ++row)
          visit(h * window_w + w, row, (row * step_h + h * spread_h) * wide + w * spread_w);
  }
};

// y = convolution of x with w. x: (samples, groups, channels, height, width); w: (groups, filters, inner);
// y: (samples, groups, filters, places). Each is worked out as a product with the numbers under the window laid
// out in columns.
template <class Slides, int step_w, int samples, int groups, int filters>
struct Convolution {
  static constexpr int places = Slides::places, lanes = lanes_for(places), padded_places = whole(places);
  static constexpr int padded_filters = whole(filters), inner = Slides::inner;
  static constexpr int size = Slides::channels * Slides::height * Slides::width;

  struct Room {
    alignas(64) float image[Slides::room];
    alignas(64) float laid_out[inner * padded_places];
    alignas(64) float slopes[filters * padded_places];
    alignas(64) float turned[places * padded_filters];
    alignas(64) float weights[inner * filters];
  };

  static inline void forward(const float* x, const float* w, const float* bias, float* y, Room& room) {
    std::memset(room.image, 0, sizeof room.image);
    for (int n = 0; n < samples * groups; ++n) {
      const int group = n % groups;
      const float* const weights = w + group * filters * inner;
      lay_out(x + n * size, room);
      float* const to = y + n * filters * places;
      if (bias)
        product<Begin::row, filters, places, inner, inner, 1, padded_places, lanes>(
            weights, room.laid_out, bias + group * filters, to);
      else
        product<Begin::zero, filters, places, inner, inner, 1, padded_places, lanes>(
            weights, room.laid_out, nullptr, to);
    }
  }

  // dw: the slopes of the weights, given those of y.
  static inline void of_weights(const float* x, const float* dy, float* dw, Room& room) {
    std::memset(room.image, 0, sizeof room.image);
    std::memset(room.turned, 0, sizeof room.turned);
    for (int group = 0; group < groups; ++group) {
      std::memset(room.weights, 0, sizeof room.weights);
      for (int n = group; n < samples * groups; n += groups) {
        lay_out(x + n * size, room);
        const float* const slopes = dy + n * filters * places;
        for (int f = 0; f < filters; ++f)
          for (int p = 0; p < places; ++p) room.turned[p * padded_filters + f] = slopes[f * places + p];
        product<Begin::there, inner, filters, places, padded_places, 1, padded_filters, lanes_for(filters)>(
            room.laid_out, room.turned, nullptr, room.weights);
      }
      for (int f = 0; f < filters; ++f)
        for (int k = 0; k < inner; ++k) dw[(group * filters + f) * inner + k] = room.weights[k * filters + f];
    }
  }

  // dx: the slopes of x, given those of y.
  static inline void of_images(const float* w, const float* dy, float* dx, Room& room) {
    for (int n = 0; n < samples * groups; ++n) {
      const float* slopes = dy + n * filters * places;
      if constexpr (places != padded_places) {
        for (int f = 0; f < filters; ++f)
          std::memcpy(room.slopes + f * padded_places, slopes + f * places, places * sizeof(float));
        slopes = room.slopes;
      }
      product<Begin::zero, inner, places, filters, 1, inner, padded_places, lanes>(
          w + n % groups * filters * inner, slopes, nullptr, room.laid_out);
      std::memset(room.image, 0, sizeof room.image);
      for (int c = 0; c < Slides::channels; ++c)
        Slides::each([&](int at, int row, int begin) {
          const float* const from = room.laid_out + (c * Slides::area + at) * places + row * Slides::columns;
          float* const to = room.image + c * Slides::high * Slides::wide + begin;
#pragma GCC ivdep
          for (int column = 0; column < Slides::columns; ++column) to[column * step_w] += from[column];
        });
      Slides::cropped(room.image, dx + n * size);
    }
  }

 private:
  static inline void lay_out(const float* image, Room& room) {
    const float* const padded = Slides::bordered(image, room.image);
    for (int c = 0; c < Slides::channels; ++c)
      Slides::each([&](int at, int row, int begin) {
        const float* const from = padded + c * Slides::high * Slides::wide + begin;
        float* const to = room.laid_out + (c * Slides::area + at) * padded_places + row * Slides::columns;
        for (int column = 0; column < Slides::columns; ++column) to[column] = from[column * step_w];
      });
  }
};

// The largest number under the window, and where in the padded image it lies; `planes` images of one channel each.
template <class Slides, int step_w, int planes>
struct Largest {
  struct Room {
    alignas(64) float image[Slides::room];
  };

  static inline void forward(const float* x, float* y, int32_t* chosen, Room& room) {
    for (float& number : room.image) number = -INFINITY;
    for (int n = 0; n < planes; ++n) {
      const float* const padded = Slides::bordered(x + n * Slides::height * Slides::width, room.image);
      float* const best = y + n * Slides::places;
      int32_t* const where = chosen + n * Slides::places;
      for (int p = 0; p < Slides::places; ++p) best[p] = -INFINITY, where[p] = 0;
      Slides::each([&](int, int row, int begin) {
#pragma GCC ivdep
        for (int column = 0; column < Slides::columns; ++column) {
          const int place = row * Slides::columns + column, from = begin + column * step_w;
          const float number = padded[from];
          const bool more = number > best[place] || number != number;  // what is no number wins, as in torch
          where[place] = more ? from : where[place];
          best[place] = more ? number : best[place];
        }
      });
    }
  }

  static inline void backward(const float* dy, const int32_t* chosen, float* dx, Room& room) {
    for (int n = 0; n < planes; ++n) {
      std::memset(room.image, 0, sizeof room.image);
      const float* const slopes = dy + n * Slides::places;
      const int32_t* const where = chosen + n * Slides::places;
      // Number by number. Window by window, with a choice at each, g++ 12 made code of it that lost some.
      for (int p = 0; p < Slides::places; ++p) room.image[where[p]] += slopes[p];
      Slides::cropped(room.image, dx + n * Slides::height * Slides::width);
    }
  }
};

}  // namespace
