// What a comparison has besides: all of it works without, by links and forms.
import "./navigation.js";
import "./chart.js";
import "./search.js";
