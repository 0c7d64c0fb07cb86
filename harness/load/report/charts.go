package report

import (
	"fmt"
	"html/template"
)

// timeAxis is that of the run.
func (r *Report) timeAxis() axis { return axis{high: max(r.TookMS, 1), from: left, to: right} }

func (m *Moment) end() float64 { return m.AtMS + m.WidthMS }

// perSecond is a rate. What is left of a run after its last whole second may be too short for one.
func (m *Moment) perSecond(n int64) float64 { return float64(n) / max(m.WidthMS, 250) * 1000 }

// UsersChart is how many were present.
func (r *Report) UsersChart() template.HTML {
	most := 0.0
	var steps, zero []step
	for _, m := range r.Timeline {
		most = max(most, float64(m.MaxUsers))
		steps = append(steps, step{m.AtMS, m.end(), float64(m.MaxUsers)})
		zero = append(zero, step{m.AtMS, m.end(), 0})
	}
	p := newPlot(r.timeAxis(), linear(most), tickTime, amount)
	p.band("users", zero, steps)
	p.line("users", steps)
	for _, m := range r.Timeline {
		p.column(m.AtMS, m.end(), fmt.Sprintf("%s: %s users at most, %s arrived", tickTime(m.AtMS), count(m.MaxUsers), count(m.Arrived)))
	}
	return p.svg()
}

// RequestsChart is how many ended in each second.
func (r *Report) RequestsChart() template.HTML {
	most := 0.0
	for _, m := range r.Timeline {
		most = max(most, m.perSecond(m.OK+m.KO))
	}
	p := newPlot(r.timeAxis(), linear(most), tickTime, amount)
	for _, m := range r.Timeline {
		p.bar("ok", m.AtMS, m.end(), 0, m.perSecond(m.OK))
		if m.KO > 0 {
			p.bar("ko", m.AtMS, m.end(), m.perSecond(m.OK), m.perSecond(m.OK+m.KO))
		}
		p.column(m.AtMS, m.end(), fmt.Sprintf("%s: %s OK, %s KO per second", tickTime(m.AtMS), rate(m.perSecond(m.OK)), rate(m.perSecond(m.KO))))
	}
	return p.svg()
}

// ErrorsChart is how many failed in each second; empty if none did.
func (r *Report) ErrorsChart() template.HTML {
	if r.Requests.KO == 0 {
		return ""
	}
	most := 0.0
	for _, m := range r.Timeline {
		most = max(most, m.perSecond(m.KO))
	}
	p := newPlot(r.timeAxis(), linear(most), tickTime, amount)
	for _, m := range r.Timeline {
		if m.KO > 0 {
			p.bar("ko", m.AtMS, m.end(), 0, m.perSecond(m.KO))
		}
		p.column(m.AtMS, m.end(), fmt.Sprintf("%s: %s KO per second of %s", tickTime(m.AtMS), rate(m.perSecond(m.KO)), rate(m.perSecond(m.OK+m.KO))))
	}
	return p.svg()
}

// manyTimes is how much longer the longest time is than the shortest where a plot of them has a logarithmic axis.
const manyTimes = 20

// TimesChart is percentiles of the response times over time.
func (r *Report) TimesChart() template.HTML {
	var half, most, nearly, longest []step
	low, high := 0.0, 0.0
	for _, m := range r.Timeline {
		if m.P50 == nil {
			continue
		}
		add := func(to *[]step, v *float64) { *to = append(*to, step{m.AtMS, m.end(), *v}) }
		add(&half, m.P50)
		add(&most, m.P95)
		add(&nearly, m.P99)
		add(&longest, m.Max)
		if low == 0 || *m.P50 < low {
			low = *m.P50
		}
		high = max(high, *m.Max)
	}
	if half == nil {
		return ""
	}
	y := linear(high)
	if high > manyTimes*low {
		y = logarithmic(low/1.2, high)
	}
	p := newPlot(r.timeAxis(), y, tickTime, tickTime)
	p.band("upper", most, nearly)
	p.band("lower", half, most)
	p.line("max", longest)
	p.line("p99", nearly)
	p.line("p95", most)
	p.line("p50", half)
	for _, m := range r.Timeline {
		if m.P50 != nil {
			p.column(m.AtMS, m.end(), fmt.Sprintf("%s: p50 %s, p75 %s, p95 %s, p99 %s, max %s", tickTime(m.AtMS), ms(m.P50), ms(m.P75), ms(m.P95), ms(m.P99), ms(m.Max)))
		}
	}
	return p.svg()
}

// DistributionChart is how many requests took how long.
func (r *Report) DistributionChart() template.HTML {
	if len(r.Distribution) == 0 {
		return ""
	}
	most := 0.0
	for _, b := range r.Distribution {
		most = max(most, float64(b.OK+b.KO))
	}
	first, last := r.Distribution[0], r.Distribution[len(r.Distribution)-1]
	x := axis{low: max(first.FromMS, 1e-3), high: last.ToMS, from: left, to: right, log: true}
	p := newPlot(x, linear(most), tickTime, amount)
	for _, b := range r.Distribution {
		p.bar("ok", b.FromMS, b.ToMS, 0, float64(b.OK))
		if b.KO > 0 {
			p.bar("ko", b.FromMS, b.ToMS, float64(b.OK), float64(b.OK+b.KO))
		}
	}
	times := r.Response.Intended
	for i, m := range []struct {
		name string
		at   *float64
	}{{"p50", times.P50}, {"p95", times.P95}, {"p99", times.P99}} {
		if m.at != nil {
			p.marker(*m.at, m.name+" "+ms(m.at), i)
		}
	}
	for _, b := range r.Distribution {
		p.column(b.FromMS, b.ToMS, fmt.Sprintf("%s to %s: %s OK, %s KO", tickTime(b.FromMS), tickTime(b.ToMS), count(b.OK), count(b.KO)))
	}
	return p.svg()
}
