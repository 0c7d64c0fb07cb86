package sessions_test
import ("testing";"context";"time";"fmt"
"net/http";"net/http/httptest"
"github.com/seed49090845/lockstep/sessions/browser"
"github.com/seed49090845/lockstep/sessions"
)
func TestZ(t *testing.T){
 srv:=httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,r *http.Request){ w.Header().Set("Content-Type","text/html"); fmt.Fprintf(w,"<body><h1>%s</h1><form method=post action=/x><button id=b>go</button></form><script>new EventSource('/e')</script>",r.URL.Path)})); defer srv.Close()
 for _,d:=range sessions.Drivers() {
  ctx:=context.Background()
  p,_:=browser.NewPool(d,browser.PoolOptions{}); defer p.Close()
  s,err:=sessions.OpenBrowser(ctx,p,sessions.Identity{Name:"u"},sessions.BrowserOptions{}); if err!=nil{t.Fatal(err)}
  s.Navigate(ctx,srv.URL)
  slow:=0; var max time.Duration; bad:=0
  for range 300 { s.Click(ctx,"#b"); t0:=time.Now(); _,err:=s.Screenshot(ctx); if err!=nil{bad++}; if e:=time.Since(t0); e>900*time.Millisecond{slow++; if e>max{max=e}} }
  fmt.Println(d.Name(),"slow",slow,max,"bad",bad)
 }
}
