// What the page of a series has besides: all of it works without, by links and forms.
import "./navigation.js";
import "./chart.js";
import "./vintages.js";
import "./table.js";
