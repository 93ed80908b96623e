// A network as browser playgrounds train it: an object for every neuron and every connection, one sample after
// another, and an update after each batch. Reads one question as JSON, trains for its seconds, answers as JSON.
"use strict";

class Neuron {
  constructor(linear) {
    this.linear = linear;
    this.bias = 0.1;
    this.incoming = [];
    this.outgoing = [];
    this.sum = 0;
    this.output = 0;
    this.outputGradient = 0;
    this.sumGradient = 0;
    this.gathered = 0;
    this.count = 0;
  }

  forward() {
    this.sum = this.bias;
    for (const connection of this.incoming) this.sum += connection.weight * connection.from.output;
    this.output = this.linear ? this.sum : Math.tanh(this.sum);
  }

  backward() {
    const slope = this.linear ? 1 : 1 - this.output * this.output;
    this.sumGradient = this.outputGradient * slope;
    this.gathered += this.sumGradient;
    this.count += 1;
    for (const connection of this.incoming) {
      connection.gathered += this.sumGradient * connection.from.output;
      connection.count += 1;
    }
  }

  gather() {
    this.outputGradient = 0;
    for (const connection of this.outgoing) {
      this.outputGradient += connection.weight * connection.to.sumGradient;
    }
  }

  update(rate) {
    if (this.count) this.bias -= rate * this.gathered / this.count;
    this.gathered = this.count = 0;
    for (const connection of this.incoming) {
      if (connection.count) connection.weight -= rate / connection.count * connection.gathered;
      connection.gathered = connection.count = 0;
    }
  }
}

class Connection {
  constructor(from, to) {
    this.from = from;
    this.to = to;
    this.weight = Math.random() - 0.5;
    this.gathered = 0;
    this.count = 0;
    from.outgoing.push(this);
    to.incoming.push(this);
  }
}

class Network {
  constructor(sizes) {
    const last = sizes.length - 1;
    this.layers = sizes.map((size, place) => Array.from({ length: size }, () => new Neuron(place === last)));
    for (let place = 1; place < sizes.length; place += 1) {
      for (const to of this.layers[place]) {
        for (const from of this.layers[place - 1]) new Connection(from, to);
      }
    }
  }

  forward(sample) {
    this.layers[0].forEach((neuron, place) => { neuron.output = sample[place]; });
    for (let place = 1; place < this.layers.length; place += 1) {
      for (const neuron of this.layers[place]) neuron.forward();
    }
    return this.layers[this.layers.length - 1][0].output;
  }

  backward(wanted) {
    for (let place = this.layers.length - 1; place >= 1; place -= 1) {
      for (const neuron of this.layers[place]) {
        if (place === this.layers.length - 1) neuron.outputGradient = neuron.output - wanted;
        else neuron.gather();
        neuron.backward();
      }
    }
  }

  update(rate) {
    for (let place = 1; place < this.layers.length; place += 1) {
      for (const neuron of this.layers[place]) neuron.update(rate);
    }
  }
}

function epoch(network, asked) {
  asked.inputs.forEach((sample, place) => {
    network.forward(sample);
    network.backward(asked.targets[place]);
    if ((place + 1) % asked.batch === 0) network.update(asked.rate);
  });
}

function surface(network, cells, size) {
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      cells[row * size + column] = network.forward([column / size * 2 - 1, row / size * 2 - 1]);
    }
  }
}

function loss(network, asked) {
  const squares = asked.inputs.map((sample, place) => (network.forward(sample) - asked.targets[place]) ** 2);
  return squares.reduce((sum, square) => sum + square, 0) / squares.length;
}

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const network = new Network(asked.sizes);
const cells = new Float64Array(asked.surface ** 2);
const before = loss(network, asked);
let epochs = 0;
let began = process.hrtime.bigint();
const passed = () => Number(process.hrtime.bigint() - began) / 1e9;
const train = (seconds) => {
  for (epochs = 0, began = process.hrtime.bigint(); passed() < seconds; epochs += 1) {
    epoch(network, asked);
    surface(network, cells, asked.surface);
  }
};
train(asked.warm);
train(asked.seconds);
const speed = epochs / passed();
console.log(JSON.stringify({ epochs_per_second: speed, before, after: loss(network, asked) }));
